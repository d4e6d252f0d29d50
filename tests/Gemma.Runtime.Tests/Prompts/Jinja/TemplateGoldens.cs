using System.Text.Json;
using Gemma.Runtime.Prompts.Jinja;
using Gemma.Runtime.Prompts.Jinja.Values;
using Gemma.Tests;
using Microsoft.Extensions.Time.Testing;

namespace Gemma.Runtime.Tests.Prompts.Jinja;

/// <summary>What jinja2 made of templates: a share lies beside the tests, all of it beside the checkout.</summary>
internal static class TemplateGoldens
{
    private static readonly string Local = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Runtime.Tests", "Prompts", "Jinja", "Goldens");

    /// <summary>The folder with all goldens, or the one with a share of them.</summary>
    public static string Folder =>
        SharedData.Root is { } root && Directory.Exists(Path.Combine(root, "goldens-templates")) ? Path.Combine(root, "goldens-templates") : Local;

    /// <summary>The names of the templates.</summary>
    public static IEnumerable<string> Names =>
        Directory.EnumerateFiles(Path.Combine(Folder, "renderings"), "*.json").Select(path => Path.GetFileNameWithoutExtension(path))
            .Order(StringComparer.Ordinal);

    /// <summary>The clock that the goldens saw.</summary>
    public static TimeProvider Clock => new FakeTimeProvider(new DateTimeOffset(2026, 1, 15, 9, 5, 7, TimeSpan.Zero));

    public static JsonElement Read(params string[] parts)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine([Folder, .. parts])));
        return document.RootElement.Clone();
    }

    public static string Template(string name) => File.ReadAllText(Path.Combine(Folder, "templates", name + ".jinja"));

    /// <summary>Variables of a JSON object: texts count as input, messages with their roles; those named <c>*_token</c> are the template's.</summary>
    public static Dictionary<string, JinjaValue> Variables(JsonElement json) =>
        json.EnumerateObject().ToDictionary(property => property.Name, property => property.Name switch
    {
        "messages" => JsonValues.Messages(property.Value),
        var name when name.EndsWith("_token", StringComparison.Ordinal) => TextValue.FromTemplate(property.Value.GetString()!),
        var name => JsonValues.Read(property.Value, new ValuePath(name)),
    });

    /// <summary>Parses and renders.</summary>
    public static TextValue Render(string template, IReadOnlyDictionary<string, JinjaValue> variables) =>
        JinjaTemplate.Parse(template).Render(variables, Clock, TestContext.Current.CancellationToken);
}
