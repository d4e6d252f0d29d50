using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Server.OpenAI;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Ollama;

/// <summary>Reads Ollama's messages: content is a text, arguments of calls are objects, and results name their function instead of a call's id.</summary>
internal sealed class OllamaMessageReader
{
    private readonly CalledFunctions _calls = new();

    public static IReadOnlyList<ChatMessage> Read(BodyObject body)
    {
        var reader = new OllamaMessageReader();
        return [.. (body.Objects("messages") ?? []).Select(reader.ReadOne)];
    }

    /// <summary>Refuses pictures, which the models here do not read.</summary>
    public static void RefuseImages(BodyObject item)
    {
        if (item.Find("images") is { ValueKind: System.Text.Json.JsonValueKind.Array } images && images.GetArrayLength() > 0)
            throw ApiException.Invalid(item.Key("images"), $"'{item.Key("images")}' cannot be read by this model: send text.", "unsupported_parameter");
    }

    private ChatMessage ReadOne(BodyObject item)
    {
        RefuseImages(item);
        var role = item.RequiredText("role");
        var text = item.Text("content") ?? string.Empty;
        return role switch
        {
            "system" => new ChatMessage(ChatRole.System, text),
            "user" => new ChatMessage(ChatRole.User, text),
            "assistant" => Assistant(item, text),
            "tool" => Result(item, text),
            _ => throw ApiException.Invalid(item.Key("role"), $"The role '{role}' is unknown: use system, user, assistant or tool."),
        };
    }

    private ChatMessage Assistant(BodyObject item, string text)
    {
        var message = new ChatMessage(ChatRole.Assistant, text);
        var calls = item.Objects("tool_calls") ?? [];
        if (text.Length == 0 && calls.Count > 0) message.Contents.Clear();
        foreach (var call in calls)
        {
            var function = call.Object("function") ?? throw ApiException.Invalid(call.Key("function"), $"'{call.Key("function")}' is missing.");
            var arguments = function.Object("arguments") is { } given ? ChatMessageReader.Members(given.Element) : [];
            var name = function.RequiredText("name");
            message.Contents.Add(new FunctionCallContent(_calls.Call(call.Text("id"), name), name, arguments));
        }

        return message;
    }

    private ChatMessage Result(BodyObject item, string text)
    {
        var id = item.Text("tool_call_id");
        return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(_calls.Find(id, item.Text("tool_name")) ?? id ?? string.Empty, text)]);
    }
}
