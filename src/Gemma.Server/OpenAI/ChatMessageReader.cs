using System.Text;
using System.Text.Json;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>Reads OpenAI's messages: roles, text parts, calls and their results.</summary>
internal static class ChatMessageReader
{
    public static IReadOnlyList<ChatMessage> Read(BodyObject body)
    {
        var items = body.Objects("messages") ?? throw ApiException.Invalid("messages", "'messages' is missing.");
        if (items.Count == 0) throw ApiException.Invalid("messages", "'messages' is empty: at least one message is needed.");
        CalledFunctions calls = new();
        return [.. items.Select(item => Read(item, calls))];
    }

    private static ChatMessage Read(BodyObject item, CalledFunctions calls)
    {
        var role = item.RequiredText("role");
        var message = role switch
        {
            "system" or "developer" => new ChatMessage(ChatRole.System, Content(item)),
            "user" => new ChatMessage(ChatRole.User, Content(item)),
            "assistant" => Assistant(item, calls),
            "tool" or "function" => ToolResult(item, calls),
            _ => throw ApiException.Invalid(item.Key("role"), $"The role '{role}' is unknown: use system, developer, user, assistant or tool."),
        };
        message.AuthorName = role is "tool" or "function" ? null : item.Text("name");
        return message;
    }

    private static ChatMessage Assistant(BodyObject item, CalledFunctions called)
    {
        var message = new ChatMessage(ChatRole.Assistant, item.Has("content") ? Content(item) : string.Empty);
        var calls = item.Objects("tool_calls") ?? [];
        if (calls.Count == 0 && !item.Has("content"))
            throw ApiException.Invalid(item.Key("content"), $"'{item.Key("content")}' is missing: a message of the assistant has text or tool_calls.");
        if (message.Text.Length == 0 && calls.Count > 0) message.Contents.Clear();
        foreach (var call in calls)
        {
            var function = call.Object("function") ?? throw ApiException.Invalid(call.Key("function"), $"'{call.Key("function")}' is missing.");
            var name = function.RequiredText("name");
            message.Contents.Add(new FunctionCallContent(called.Call(call.Text("id"), name), name, Arguments(function)));
        }

        return message;
    }

    /// <summary>A call's arguments: a text that holds a JSON object.</summary>
    public static Dictionary<string, object?> Arguments(BodyObject function)
    {
        var key = function.Key("arguments");
        var text = function.Text("arguments");
        if (string.IsNullOrWhiteSpace(text)) return [];
        try
        {
            using var document = JsonDocument.Parse(text);
            UnicodeText.Check(document.RootElement, key);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw ApiException.Invalid(key, $"'{key}' must hold a JSON object.");
            return Members(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw ApiException.Invalid(key, $"'{key}' is not valid JSON.");
        }
    }

    /// <summary>An object's members as arguments.</summary>
    public static Dictionary<string, object?> Members(JsonElement value) =>
        value.EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value.Clone());

    private static ChatMessage ToolResult(BodyObject item, CalledFunctions calls) =>
        new(ChatRole.Tool, [new FunctionResultContent(calls.Answer(item.Text("tool_call_id"), item.Text("name")), Content(item))]);

    /// <summary>A text, or the texts of parts joined.</summary>
    public static string Content(BodyObject item, string name = "content")
    {
        var key = item.Key(name);
        if (item.Find(name) is not { } value) throw ApiException.Invalid(key, $"'{key}' is missing.");
        if (value.ValueKind == JsonValueKind.String) return BodyObject.Text(value, key);
        if (value.ValueKind != JsonValueKind.Array) throw ApiException.Invalid(key, $"'{key}' must be a string or a list of parts.");
        var text = new StringBuilder();
        foreach (var part in item.Objects(name)!)
        {
            var type = part.RequiredText("type");
            if (type is not ("text" or "input_text" or "output_text"))
                throw ApiException.Invalid(part.Key("type"), $"The part '{type}' cannot be read by this model: send text.", "unsupported_parameter");
            text.Append(part.RequiredText("text"));
        }

        return text.ToString();
    }
}
