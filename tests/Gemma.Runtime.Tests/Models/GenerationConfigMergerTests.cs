using System.Reflection;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Models;

/// <summary>Every option of a generation is merged: one that the merger forgets would be lost without a word.</summary>
public sealed class GenerationConfigMergerTests
{
    public static TheoryData<string> Options =>
        [.. typeof(GenerationConfig).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)
            .Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Options))]
    public void Merge_OptionOfOneSide_IsKept(string name)
    {
        var property = typeof(GenerationConfig).GetProperty(name)!;
        var (empty, full) = (new GenerationConfig(), new GenerationConfig());
        property.SetValue(full, Sample(property.PropertyType));
        Assert.NotEqual(property.GetValue(empty), property.GetValue(full));
        Assert.Equal(property.GetValue(full), property.GetValue(GenerationConfigMerger.Merge(full, empty)));
        Assert.Equal(property.GetValue(full), property.GetValue(GenerationConfigMerger.Merge(empty, full)));
    }

    private static object Sample(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain == typeof(bool)) return true;
        if (plain == typeof(int)) return 3;
        if (plain == typeof(long)) return 3L;
        if (plain == typeof(double)) return 0.25;
        if (plain.IsEnum) return Enum.GetValues(plain).GetValue(1)!;
        if (plain == typeof(LengthDecay)) return new LengthDecay(1, 1.5);
        if (plain.IsGenericType && plain.GetGenericArguments() is [var item]) return Array.CreateInstance(item, 1);
        throw new NotSupportedException($"There is no sample of {plain}.");
    }
}
