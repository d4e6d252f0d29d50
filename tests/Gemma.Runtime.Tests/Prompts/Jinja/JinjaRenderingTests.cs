using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja.Values;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts.Jinja;

public sealed class JinjaRenderingTests
{
    private static readonly JsonElement Inputs = TemplateGoldens.Read("inputs.json");

    public static TheoryData<string> Names => [.. TemplateGoldens.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Render_RealTemplate_GivesTextAndOriginsOfJinja2(string name)
    {
        var goldens = TemplateGoldens.Read("renderings", name + ".json");
        var tokens = goldens.GetProperty("tokens").EnumerateObject().ToDictionary(token => token.Name, token => token.Value.GetString()!);
        var template = new JinjaChatTemplate(name, TemplateGoldens.Template(name), tokens, finder: null);
        List<string> differences = [];
        var cases = goldens.GetProperty("cases");
        foreach (var golden in cases.EnumerateArray())
        {
            var id = golden.GetProperty("case").GetString()!;
            if (Difference(golden, () => template.Render(Input(Inputs.GetProperty(id)), TestContext.Current.CancellationToken)) is { } difference)
                differences.Add($"{id}: {difference}");
        }

        TokenizerSource.AssertNone(differences, cases.GetArrayLength());
    }

    private static TemplateInput Input(JsonElement input) => new()
    {
        Messages = JsonValues.Messages(input.GetProperty("messages")),
        Tools = Value(input, "tools"),
        Documents = Value(input, "documents"),
        AddGenerationPrompt = input.TryGetProperty("add_generation_prompt", out var prompt) && prompt.GetBoolean(),
        ContinueFinalMessage = input.TryGetProperty("continue_final_message", out var final) && final.GetBoolean(),
        Variables = input.TryGetProperty("kwargs", out var variables)
            ? variables.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value)
            : [],
        Time = TemplateGoldens.Clock,
    };

    private static JinjaValue Value(JsonElement input, string name) =>
        input.TryGetProperty(name, out var value) ? JsonValues.Read(value, new ValuePath(name)) : NoneValue.Instance;

    private static string? Difference(JsonElement golden, Func<RenderedPrompt> render)
    {
        var isError = golden.TryGetProperty("error", out var error);
        RenderedPrompt prompt;
        try
        {
            prompt = render();
        }
        catch (ChatTemplateException e)
        {
            if (!isError) return $"fails: {e.Message}";
            return !error.GetProperty("type").ValueEquals("raise_exception") || (e.IsRaised && e.Reason == error.GetProperty("message").GetString())
                ? null
                : $"fails with '{e.Reason}', expected {error}";
        }

        if (isError) return $"gives {JsonSerializer.Serialize(prompt.Text)}, expected {error}";
        if (prompt.Text != golden.GetProperty("output").GetString())
            return $"gives {JsonSerializer.Serialize(prompt.Text)}\nexpected {golden.GetProperty("output")}";
        if (!golden.TryGetProperty("spans", out var spans)) return null;
        List<PromptSpan> expected = [.. spans.EnumerateArray().Select(span => new PromptSpan(span[0].GetInt32(), span[1].GetInt32(), span[2].GetString()))];
        if (golden.TryGetProperty("made", out var made))
            expected.AddRange(made.EnumerateArray().Select(span => new PromptSpan(span[0].GetInt32(), span[1].GetInt32(), null)));
        var missing = expected.OrderBy(span => span.Start).Except(prompt.Spans).ToList();
        return missing.Count == 0 && expected.Count == prompt.Spans.Count
            ? null
            : $"has spans {string.Join(' ', prompt.Spans.Except(expected).Take(3))}, expected {string.Join(' ', missing.Take(3))}";
    }
}
