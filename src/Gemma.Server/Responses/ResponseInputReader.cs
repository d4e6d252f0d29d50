using System.Text.Json;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Server.OpenAI;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Responses;

/// <summary>
/// Reads <c>instructions</c> and <c>input</c>: a text, or messages, calls and their results. Earlier reasoning is dropped, as the model's template does.
/// </summary>
internal static class ResponseInputReader
{
    public static IReadOnlyList<ChatMessage> Read(BodyObject body)
    {
        List<ChatMessage> messages = [];
        if (body.Text("instructions") is { Length: > 0 } instructions) messages.Add(new ChatMessage(ChatRole.System, instructions));
        if (body.Find("input") is not { } input) throw ApiException.Invalid("input", "'input' is missing.");
        if (input.ValueKind == JsonValueKind.String)
        {
            messages.Add(new ChatMessage(ChatRole.User, BodyObject.Text(input, "input")));
            return messages;
        }

        var items = body.Objects("input")!;
        if (items.Count == 0) throw ApiException.Invalid("input", "'input' is empty: at least one item is needed.");
        foreach (var item in items) Add(messages, item);
        return messages;
    }

    private static void Add(List<ChatMessage> messages, BodyObject item)
    {
        var type = item.Text("type") ?? "message";
        switch (type)
        {
            case "message":
                messages.Add(new ChatMessage(Role(item), ChatMessageReader.Content(item)));
                break;
            case "function_call":
                AssistantTurn(messages).Contents
                    .Add(new FunctionCallContent(item.RequiredText("call_id"), item.RequiredText("name"), ChatMessageReader.Arguments(item)));
                break;
            case "function_call_output":
                messages.Add(new ChatMessage(ChatRole.Tool,
                    [new FunctionResultContent(item.RequiredText("call_id"), ChatMessageReader.Content(item, "output"))]));
                break;
            case "reasoning":
                break;
            default:
                throw ApiException.Invalid(item.Key("type"), $"Items of type '{type}' are not supported: use message, function_call and function_call_output.",
                    "unsupported_parameter");
        }
    }

    // Text and calls of one answer are one turn.
    private static ChatMessage AssistantTurn(List<ChatMessage> messages)
    {
        if (messages.Count > 0 && messages[^1].Role == ChatRole.Assistant) return messages[^1];
        var turn = new ChatMessage(ChatRole.Assistant, []);
        messages.Add(turn);
        return turn;
    }

    private static ChatRole Role(BodyObject item)
    {
        var role = item.RequiredText("role");
        return role switch
        {
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            _ => throw ApiException.Invalid(item.Key("role"), $"The role '{role}' is unknown: use system, developer, user or assistant."),
        };
    }
}
