using System.Reflection;
using Gemma.Conversion.Hub;

namespace Gemma.Conversion.Tests.Hub;

/// <summary>Every option of the hub arrives in the settings that downloads follow: one that is forgotten there would do nothing, without a word.</summary>
public sealed class HubOptionsTests
{
    // Who may start a download is the application's business, not the download's.
    public static TheoryData<string> Options =>
        [.. typeof(HubOptions).GetProperties().Select(property => property.Name).Where(name => name != nameof(HubOptions.AllowDownload))];

    [Theory]
    [MemberData(nameof(Options))]
    public void Resolve_AnotherValue_Arrives(string name)
    {
        var property = typeof(HubOptions).GetProperty(name, BindingFlags.Public | BindingFlags.Instance)!;
        var options = new HubOptions();
        property.SetValue(options, (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
        {
            var type when type == typeof(bool) => true,
            var type when type == typeof(int) => 7,
            var type when type == typeof(string) => "https://mirror.example",
            var type => throw new NotSupportedException($"There is no sample of {type}."),
        });
        Assert.NotEqual(HubSettings.Resolve(new HubOptions(), static _ => null), HubSettings.Resolve(options, static _ => null));
    }
}
