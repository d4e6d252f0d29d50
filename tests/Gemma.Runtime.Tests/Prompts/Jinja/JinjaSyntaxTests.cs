using System.Text.Json;
using Gemma.Runtime.Prompts.Jinja.Values;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts.Jinja;

public sealed class JinjaSyntaxTests
{
    [Fact]
    public void Render_SmallTemplates_GivesWhatJinja2Gives()
    {
        var goldens = TemplateGoldens.Read("syntax.json");
        var tests = goldens.GetProperty("tests");
        List<string> differences = [];
        foreach (var test in tests.EnumerateArray())
        {
            if (Difference(test, TemplateGoldens.Variables(goldens.GetProperty("context"))) is { } difference)
                differences.Add($"{test.GetProperty("id").GetString()}: {test.GetProperty("template").GetString()}\n    {difference}");
        }

        TokenizerSource.AssertNone(differences, tests.GetArrayLength());
    }

    private static string? Difference(JsonElement test, Dictionary<string, JinjaValue> variables)
    {
        var isError = test.TryGetProperty("error", out var error);
        var expected = isError ? null : test.GetProperty("output").GetString();
        try
        {
            var text = TemplateGoldens.Render(test.GetProperty("template").GetString()!, variables).Flat;
            if (isError) return $"gives {JsonSerializer.Serialize(text)}, but an error is expected: {error.GetProperty("message").GetString()}";
            return expected is null || text == expected ? null : $"gives {JsonSerializer.Serialize(text)}, expected {JsonSerializer.Serialize(expected)}";
        }
        catch (ChatTemplateException e)
        {
            if (!isError) return expected is null ? null : $"fails: {e.Message}; expected {JsonSerializer.Serialize(expected)}";
            var isRaised = error.GetProperty("type").ValueEquals("raise_exception");
            return isRaised == e.IsRaised && (!isRaised || e.Reason == error.GetProperty("message").GetString())
                ? null
                : $"fails with '{e.Reason}', expected '{error.GetProperty("message").GetString()}'";
        }
    }
}
