using System.ComponentModel;
using System.Text.Json;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>Messages with tools become exactly the text that the model was trained on.</summary>
public sealed class ToolConversationTests
{
    private static readonly AIFunctionDeclaration[] NoFunctions = [];

    [Fact]
    public void Render_GoldenConversations_GivesTheirTurns()
    {
        var compared = 0;
        foreach (var golden in ToolGoldens.Conversations())
        {
            // The goldens also hold the spaced spelling, which was seen in training but is not the documented one.
            if (ToolGoldens.ArrayLine(golden).Contains("\", \"", StringComparison.Ordinal)) continue;
            var expected = golden.GetProperty("messages").EnumerateArray()
                .Select(m => (m.GetProperty("role").GetString()!,
                    m.GetProperty("content").GetString()!
                        .Replace("{\"name\": \"lukirun_rating\", \"result\": \"", "{\"name\":\"lukirun_rating\",\"result\":\"", StringComparison.Ordinal)));
            var turns = ToolConversation.Render(ToolGoldens.Messages(golden), ToolGoldens.Functions(golden)).Select(turn => (turn.Role.Value, turn.Text))
                .ToList();
            if (turns[0].Value == "system") turns = [("user", $"{turns[0].Text}\n\n{turns[1].Text}"), .. turns[2..]];
            Assert.Equal(expected, turns);
            compared++;
        }

        Assert.Equal(18, compared);
    }

    [Fact]
    public void Declare_FunctionOfAMethod_DropsNoiseAndKeepsNestedSchemasAndNames()
    {
        static string Find([Description("The search")] Query query, string title, int limit = 5) => $"{query}{title}{limit}";
        var text = ToolPrompt.Declare([AIFunctionFactory.Create(Find, "find", "Finds things")]);
        Assert.DoesNotContain("$schema", text, StringComparison.Ordinal);
        Assert.DoesNotContain("additionalProperties", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"default\"", text, StringComparison.Ordinal);
        Assert.Contains("\"title\":{\"type\":\"string\"}", text, StringComparison.Ordinal);
        Assert.Contains(
            "[{\"name\":\"find\",\"description\":\"Finds things\",\"parameters\":{\"type\":\"object\",\"properties\":{\"query\":{\"description\":\"The "
                + "search\",\"type\":\"object\",\"properties\":{\"words\":{\"type\":\"string\"}",
            text,
            StringComparison.Ordinal);
        Assert.EndsWith("}}]\n\n", text.Replace(",\"required\":[\"query\",\"title\"]", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Declare_StrayKeywords_OnlyKeywordsAreDropped()
    {
        var schema = JsonElement.Parse(
            """{"title":"T","condition":"x","type":"object","properties":{"condition":{"title":"C","enum":[{"title":1}],"default":2},"l":{"type":"array","items":{"title":"i","type":"integer"}}},"required":["condition"]}""");
        var text = ToolPrompt.Declare([AIFunctionFactory.CreateDeclaration("f", null, schema),
            AIFunctionFactory.CreateDeclaration("g", "Ünïcode 😀", default)]);
        Assert.EndsWith(
            """[{"name":"f","description":"","parameters":{"type":"object","properties":{"condition":{"enum":[{"title":1}]},"l":{"type":"array","items":{"type":"integer"}}},"required":["condition"]}},{"name":"g","description":"Ünïcode 😀","parameters":{"type":"object","properties":{}}}]"""
                + "\n\n",
            text,
            StringComparison.Ordinal);
    }

    public static TheoryData<object> Unwritable
    {
        get
        {
            List<object> own = [];
            own.Add(own);
            return new TheoryData<object>(double.NaN, new MemoryStream(), own, typeof(string), AsyncEnumerable.Range(0, 2), new Broken());
        }
    }

    [Theory]
    [MemberData(nameof(Unwritable), DisableDiscoveryEnumeration = true)]
    public void Results_ValueThatJsonCannotHold_IsAnErrorForTheModel(object value)
    {
        var text = ToolPrompt.Results([("f", new FunctionResultContent("1", value))]);
        Assert.Equal("Function result:\n{\"name\":\"f\",\"error\":\"the result could not be written\"}", text);
    }

    [Theory]
    [MemberData(nameof(Unwritable), DisableDiscoveryEnumeration = true)]
    public void Call_ArgumentThatJsonCannotHold_NamesFunctionAndArgument(object value)
    {
        var message = Assert.Throws<ArgumentException>(() =>
            ToolPrompt.Call(new FunctionCallContent("1", "find_order", new Dictionary<string, object?> { ["since"] = value }))).Message;
        Assert.Contains("'find_order'", message, StringComparison.Ordinal);
        Assert.Contains("'since'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_HalfOfASurrogatePair_BecomesTheReplacementCharacter()
    {
        var json = JsonElement.Parse("""{"a\udc00":"\ud83d \ud83d\ude00 \\ud83d"}""");
        var call = ToolPrompt.Call(new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["x"] = json, ["y"] = "\ud83d" }));
        Assert.Equal("""{"name": "f", "parameters": {"x": {"a\uFFFD": "\uFFFD 😀 \\ud83d"}, "y": "\uFFFD"}}"""
            .Replace("\\uFFFD", "\uFFFD", StringComparison.Ordinal), call);
        var result = ToolPrompt.Results([("f", new FunctionResultContent("1", json)), ("g", new FunctionResultContent("2", "\ud83d"))]);
        Assert.Equal("Function result:\n" + """{"name":"f","result":{"a\uFFFD":"\uFFFD 😀 \\ud83d"}}""".Replace("\\uFFFD", "\uFFFD", StringComparison.Ordinal)
            + "\n{\"name\":\"g\",\"result\":\"\uFFFD\"}", result);
    }

    [Fact]
    public void Call_AnyArguments_GivesSpacedJson()
    {
        var arguments = new Dictionary<string, object?>
        {
            ["s"] = "a\"b\\c\n😀é<'",
            ["n"] = 3,
            ["d"] = 2.5,
            ["z"] = null,
            ["t"] = true,
            ["l"] = new[] { 1, 2 },
            ["o"] = JsonElement.Parse("""{"a":[],"b":{},"c":{"d":"e"}}"""),
        };
        Assert.Equal(
            """{"name": "f", "parameters": {"s": "a\"b\\c\n😀é<'", "n": 3, "d": 2.5, "z": null, "t": true, "l": [1, 2], "o": {"a": [], "b": {}, "c": {"d": "e"}}}}""",
            ToolPrompt.Call(new FunctionCallContent("1", "f", arguments)));
        Assert.Equal("""{"name": "f", "parameters": {}}""", ToolPrompt.Call(new FunctionCallContent("1", "f")));
    }

    [Fact]
    public void Render_Results_TextAsItIsOthersAsJsonFailuresAsErrors()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.Assistant,
                [new FunctionCallContent("1", "a"), new FunctionCallContent("2", "b"), new FunctionCallContent("3", "c"), new FunctionCallContent("4", "d")]),
            new(ChatRole.Tool,
                [new FunctionResultContent("1", "sunny \"18\""), new FunctionResultContent("2", new Dictionary<string, object?> { ["t"] = 18 })]),
            new(ChatRole.Tool, [new FunctionResultContent("3", null) { Exception = new InvalidOperationException("not found") }]),
            new(ChatRole.Tool,
                [new FunctionResultContent("4", "Error: Function failed.")
                {
                    Exception = new InvalidOperationException("secret"),
                }, new FunctionResultContent("5", true)]),
            new(ChatRole.User, "Thanks"),
        ];
        var turns = ToolConversation.Render(messages, NoFunctions);
        Assert.Equal(2, turns.Count);
        Assert.Equal(ChatRole.User, turns[1].Role);
        Assert.Equal(
            """
            Function result:
            {"name":"a","result":"sunny \"18\""}
            {"name":"b","result":{"t":18}}
            {"name":"c","error":"not found"}
            {"name":"d","error":"Error: Function failed."}
            {"name":"5","result":true}

            Thanks
            """, turns[1].Text);
        Assert.Equal(
            "{\"name\": \"a\", \"parameters\": {}}\n{\"name\": \"b\", \"parameters\": {}}\n{\"name\": \"c\", \"parameters\": {}}\n{\"name\": \"d\", "
                + "\"parameters\": {}}",
            turns[0].Text);
    }

    [Fact]
    public void Render_NeighboursOfOneRole_BecomeOneTurnAndEmptyAnswersNone()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.System, "S"), new(ChatRole.User, [new TextContent("a"), new TextContent("b")]),
            new(ChatRole.Assistant, [new TextReasoningContent("hm")]), new(ChatRole.User, "c"),
            new(ChatRole.Assistant, [new TextContent("I look."), new FunctionCallContent("1", "f")]),
        ];
        Assert.Equal([(ChatRole.System, "S"), (ChatRole.User, "ab\n\nc"), (ChatRole.Assistant, "I look.\n{\"name\": \"f\", \"parameters\": {}}")],
            ToolConversation.Render(messages, NoFunctions));
    }

    [Fact]
    public void Render_NoUserTurn_AnnouncesInOneOfItsOwn()
    {
        var turns = ToolConversation.Render([new ChatMessage(ChatRole.System, "S")], [AIFunctionFactory.CreateDeclaration("f", "F", JsonElement.Parse("{}"))]);
        Assert.Equal(ChatRole.User, turns[1].Role);
        Assert.EndsWith("\"properties\":{}}}]", turns[1].Text, StringComparison.Ordinal);
    }

    internal sealed record Query(string Words);

    private sealed class Broken
    {
        public int Value => throw new FormatException("a getter may throw anything");
    }
}
