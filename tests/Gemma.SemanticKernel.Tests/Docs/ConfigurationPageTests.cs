using System.Reflection;
using System.Text.RegularExpressions;
using Gemma.Conversion.Hub;
using Gemma.Runtime.Engines;

namespace Gemma.SemanticKernel.Tests.Docs;

/// <summary>docs/configuration.md names every option there is, and none that there is not.</summary>
public sealed partial class ConfigurationPageTests
{
    [Fact]
    public void Page_Options_AreExactlyThoseOfTheClasses()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "docs", "configuration.md"))) folder = Path.GetDirectoryName(folder);
        Assert.SkipWhen(folder is null, "the tests run outside the checkout");

        // A cell names options, those of a section after "Section:First".
        SortedSet<string> documented = [];
        foreach (var line in File.ReadLines(Path.Combine(folder!, "docs", "configuration.md")).Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            var section = string.Empty;
            foreach (Match option in Option().Matches(line.Split('|')[1]))
            {
                var name = option.Groups[1].Value;
                if (name.Contains(':', StringComparison.Ordinal)) section = name[..(name.IndexOf(':', StringComparison.Ordinal) + 1)];
                documented.Add(name.Contains(':', StringComparison.Ordinal) ? name : section + name);
            }
        }

        Assert.Equal(Names(typeof(GemmaOptions), string.Empty).Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Names(Type type, string prefix) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(property =>
        property.PropertyType == typeof(EngineOptions)
            || property.PropertyType == typeof(HubOptions)
            || property.PropertyType.Namespace == typeof(GemmaOptions).Namespace
            ? Names(property.PropertyType, property.Name + ":")
            : [prefix + property.Name]);

    [GeneratedRegex("`([A-Za-z:]+)`")]
    private static partial Regex Option();
}
