using System.Reflection;
using Gemma.Conversion.Packaging;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>What names a conversion in the cache.</summary>
public sealed class PackageKeyTests
{
    // Files, whose content is hashed, or names in their place, and what does not decide the package.
    private static readonly string[] Elsewhere =
    [
        nameof(ConversionOptions.Calibration), nameof(ConversionOptions.ChatTemplate), nameof(ConversionOptions.ConfigPath), nameof(ConversionOptions.Heads),
        nameof(ConversionOptions.LoraPath), nameof(ConversionOptions.Overwrite), nameof(ConversionOptions.Prepack), nameof(ConversionOptions.Report),
    ];

    [Fact]
    public void Settings_AnyOtherProperty_ChangesThem()
    {
        var usual = PackageKey.Settings(new ConversionOptions());
        foreach (var property in typeof(ConversionOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => !Elsewhere.Contains(property.Name)))
        {
            ConversionOptions changed = new();
            property.SetValue(changed, Another(property, property.GetValue(changed)));
            Assert.False(usual == PackageKey.Settings(changed), $"{property.Name} decides the package, but not its name in the cache");
        }
    }

    private static object Another(PropertyInfo property, object? value)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(bool)) return !(bool)value!;
        if (type == typeof(string)) return "another";
        return type.IsEnum
            ? Enum.GetValues(type).Cast<object>().Last(other => !other.Equals(value))
            : Convert.ToInt32(value ?? 0, System.Globalization.CultureInfo.InvariantCulture) + 1;
    }
}
