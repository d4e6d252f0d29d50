using System.Text.Json;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tests;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>Messages with functions, calls and results reach a template that renders them itself as transformers gives them.</summary>
public sealed class TemplateConversationTests
{
    private static readonly TemplateToolFormat Format = new(CallForm.Gemma, rendersCalls: true);
    private static readonly GemmaTokenizer Tokenizer = GemmaTokenizer.Load(TinyGemma.Checkpoint);

    [Theory]
    [InlineData("user")]
    [InlineData("tools")]
    [InlineData("tool-nested")]
    [InlineData("call-pending")]
    [InlineData("call-result-openai")]
    [InlineData("call-result-thinking")]
    [InlineData("call-with-text")]
    [InlineData("call-arguments-nested")]
    [InlineData("two-calls")]
    [InlineData("call-result-then-answer")]
    [InlineData("reasoning-with-call")]
    [InlineData("preserve-thinking")]
    [InlineData("history-reasoning-dropped")]
    public void Render_ConversationsOfGemma4_AreThoseOfTransformers(string id)
    {
        var template = ChatTemplates.Parse(File.ReadAllText(SharedData.Require("goldens-templates", "templates", "gemma-4-31b-it.jinja")), Tokenizer);
        var golden = JsonElement.Parse(File.ReadAllBytes(SharedData.Require("goldens-gemma4", "chat.json"))).EnumerateArray()
            .Single(item => item.GetProperty("id").ValueEquals(id));
        var options = golden.GetProperty("options").EnumerateObject().ToDictionary(option => option.Name, option => option.Value);
        options.Remove("add_generation_prompt", out var addGenerationPrompt);
        var request = new ChatTemplateRequest(TemplateConversation.Render(golden.GetProperty("messages").EnumerateArray().Select(Message), Format))
        {
            AddGenerationPrompt = addGenerationPrompt.ValueKind == JsonValueKind.True,
            Tools = golden.GetProperty("tools") is { ValueKind: JsonValueKind.Array } tools
                ? TemplateConversation.Tools(tools.EnumerateArray().Select(Function))
                : [],
            Variables = options,
        };
        Assert.Equal(golden.GetProperty("text").GetProperty("large").GetString(), template.RenderPrompt(request, TestContext.Current.CancellationToken).Text);
    }

    [Fact]
    public void Render_ResultsOfAnyKind_AreTextForTheTemplate()
    {
        var turns = TemplateConversation.Render(
        [
            new ChatMessage(ChatRole.Assistant,
                [new TextReasoningContent("Hm."), new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = 1 }),
                    new FunctionCallContent("2", "g")]),
            new ChatMessage(ChatRole.Tool, [new FunctionResultContent("1", new { b = 2 }), new FunctionResultContent("2", double.NaN)]),
            new ChatMessage(ChatRole.Assistant, [new TextReasoningContent("Only thoughts.")]),
        ], Format);
        Assert.Equal(["assistant", "tool f 1 {\"b\":2}", "tool g 2 the result could not be written"],
            turns.Select(turn => turn.Role == "tool" ? $"{turn.Role} {turn.Name} {turn.ToolCallId} {turn.Content}" : turn.Role));
        Assert.Equal(("Hm.", "f {\"a\":1}|g {}"),
            (turns[0].ReasoningContent, string.Join('|', turns[0].ToolCalls.Select(call => $"{call.Name} {call.Arguments.GetRawText()}"))));
    }

    [Fact]
    public void Render_CallAndResultInOneMessage_ComeInTheirOrder()
    {
        var turns = TemplateConversation.Render(
        [
            new ChatMessage(ChatRole.Assistant,
                [new TextContent("I look."), new FunctionCallContent("1", "f"), new FunctionResultContent("1", "12"), new TextContent("It is 12.")]),
        ], Format);
        Assert.Equal(["assistant I look. f", "tool 12 by f", "assistant It is 12."], turns.Select(turn =>
        {
            var names = turn.ToolCalls.Select(call => call.Name).Concat(turn.Name is null ? [] : ["by " + turn.Name]);
            return $"{turn.Role} {turn.Content} {string.Join(' ', names)}".Trim();
        }));
    }

    [Fact]
    public void Render_TemplateWithoutCalls_HasThemInTheText()
    {
        var format = Assert.IsType<TemplateToolFormat>(ToolFormats.Choose(null, JinjaTemplate.Parse("{{ tools }}{{ messages }}<tool_call>"), ReplyMarks.Text));
        var turn = Assert.Single(
            TemplateConversation.Render(
                [new ChatMessage(ChatRole.Assistant,
                    [new TextContent("I look."), new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = 1 })])], format));
        Assert.Equal("I look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>", turn.Content);
        Assert.Empty(turn.ToolCalls);
    }

    private static AIFunctionDeclaration Function(JsonElement tool)
    {
        var function = tool.GetProperty("function");
        return AIFunctionFactory.CreateDeclaration(function.GetProperty("name").GetString()!, function.GetProperty("description").GetString(),
            function.GetProperty("parameters"));
    }

    private static ChatMessage Message(JsonElement message)
    {
        List<AIContent> contents = [];
        if (message.TryGetProperty("reasoning", out var thought)) contents.Add(new TextReasoningContent(thought.GetString()));
        var text = message.TryGetProperty("content", out var content) ? content.GetString() : null;
        if (message.TryGetProperty("tool_call_id", out var answered)) contents.Add(new FunctionResultContent(answered.GetString()!, text));
        else if (!string.IsNullOrEmpty(text)) contents.Add(new TextContent(text));
        foreach (var call in message.TryGetProperty("tool_calls", out var calls) ? calls.EnumerateArray().ToList() : [])
        {
            var function = call.GetProperty("function");
            contents.Add(new FunctionCallContent(call.GetProperty("id").GetString()!, function.GetProperty("name").GetString()!,
                function.GetProperty("arguments").EnumerateObject().ToDictionary(argument => argument.Name, argument => (object?)argument.Value)));
        }

        return new ChatMessage(new ChatRole(message.GetProperty("role").GetString()!), contents);
    }
}
