using System.Text.Json;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>The tool conversations of tiny-gemma's goldens as messages with functions, calls and results.</summary>
internal static class ToolGoldens
{
    public const string Header = "You have access to functions.";
    private const string ResultHeader = "Function result:\n";

    public static IEnumerable<JsonElement> Conversations() =>
        TinyGemmaGoldens.Root.GetProperty("conversations").EnumerateArray().Where(item => item.GetProperty("skill").ValueEquals("tool"));

    /// <summary>The functions that the first user turn announces, in their order.</summary>
    public static IReadOnlyList<AIFunctionDeclaration> Functions(JsonElement conversation)
    {
        using var array = JsonDocument.Parse(ArrayLine(conversation));
        return [.. array.RootElement.EnumerateArray().Select(item => AIFunctionFactory.CreateDeclaration(
            item.GetProperty("name").GetString()!, item.GetProperty("description").GetString(), item.GetProperty("parameters").Clone()))];
    }

    public static string ArrayLine(JsonElement conversation) => First(conversation).Split('\n').Single(line => line.StartsWith('['));

    /// <summary>The messages without the announcement; a result whose name is not that of the call before keeps its name as its call id.</summary>
    public static IReadOnlyList<ChatMessage> Messages(JsonElement conversation)
    {
        List<ChatMessage> messages = [];
        var first = First(conversation);
        if (first.IndexOf(Header, StringComparison.Ordinal) is > 0 and var start) messages.Add(new ChatMessage(ChatRole.System, first[..(start - 2)]));
        var call = default(FunctionCallContent);
        foreach (var item in conversation.GetProperty("messages").EnumerateArray())
        {
            var text = item.GetProperty("content").GetString()!;
            if (item.GetProperty("role").ValueEquals("assistant"))
            {
                call = text.StartsWith('{') ? Call(text, $"call{messages.Count}") : null;
                messages.Add(new ChatMessage(ChatRole.Assistant, [call is null ? new TextContent(text) : call]));
            }
            else if (text.StartsWith(ResultHeader, StringComparison.Ordinal))
            {
                var result = JsonElement.Parse(text[ResultHeader.Length..]);
                var name = result.GetProperty("name").GetString()!;
                messages.Add(new ChatMessage(ChatRole.Tool,
                    [new FunctionResultContent(call?.Name == name ? call.CallId : name, result.GetProperty("result"))]));
            }
            else
            {
                messages.Add(new ChatMessage(ChatRole.User, text.Contains(Header, StringComparison.Ordinal)
                    ? text[(text.LastIndexOf("]\n\n", StringComparison.Ordinal) + 3)..]
                    : text));
            }
        }

        return messages;
    }

    private static string First(JsonElement conversation) => conversation.GetProperty("messages")[0].GetProperty("content").GetString()!;

    private static FunctionCallContent Call(string text, string id)
    {
        var call = JsonElement.Parse(text);
        return new FunctionCallContent(id, call.GetProperty("name").GetString()!,
            call.GetProperty("parameters").EnumerateObject().ToDictionary(p => p.Name, p => (object?)p.Value));
    }
}
