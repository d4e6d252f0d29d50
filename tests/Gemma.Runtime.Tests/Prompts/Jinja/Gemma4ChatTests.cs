using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja.Values;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts.Jinja;

/// <summary>Conversations as the template of Gemma 4's larger models writes them: thoughts, tools, results.</summary>
public sealed class Gemma4ChatTests
{
    private const string Template = "gemma-4-31b-it";

    [Fact]
    public void Render_Conversations_GivesWhatTransformersGives()
    {
        var source = File.ReadAllText(SharedData.Require("goldens-templates", "templates", Template + ".jinja"));
        using var goldens = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("goldens-gemma4", "chat.json")));
        var template = new JinjaChatTemplate(Template, source, new Dictionary<string, string> { ["bos_token"] = "<bos>" }, finder: null);
        List<string> differences = [];
        foreach (var golden in goldens.RootElement.EnumerateArray())
        {
            var expected = golden.GetProperty("text").GetProperty("large");
            var actual = Render(template, golden);
            if (expected.ValueKind == JsonValueKind.String ? actual != expected.GetString() : actual is not null)
                differences.Add($"{golden.GetProperty("id")}: {JsonSerializer.Serialize(actual)}\nexpected {expected}");
        }

        TokenizerSource.AssertNone(differences, goldens.RootElement.GetArrayLength());
    }

    // null: the template refuses.
    private static string? Render(JinjaChatTemplate template, JsonElement golden)
    {
        var options = golden.GetProperty("options");
        var input = new TemplateInput
        {
            Messages = JsonValues.Messages(golden.GetProperty("messages")),
            Tools = golden.GetProperty("tools") is { ValueKind: JsonValueKind.Array } tools
                ? JsonValues.Read(tools, new ValuePath("tools"))
                : NoneValue.Instance,
            AddGenerationPrompt = options.TryGetProperty("add_generation_prompt", out var prompt) && prompt.GetBoolean(),
            Variables = options.EnumerateObject().Where(option => option.Name != "add_generation_prompt")
                .ToDictionary(option => option.Name, option => option.Value),
            Time = TemplateGoldens.Clock,
        };
        try
        {
            return template.Render(input, TestContext.Current.CancellationToken).Text;
        }
        catch (ChatTemplateException)
        {
            return null;
        }
    }
}
