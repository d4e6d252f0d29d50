using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Turns messages into the turns of a template that renders functions, calls and results itself, as transformers' templates take them.</summary>
internal static class TemplateConversation
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = PlainJsonEncoder.Instance };

    /// <summary>The functions, each <c>{"type": "function", "function": {"name", "description", "parameters"}}</c>.</summary>
    public static IReadOnlyList<JsonElement> Tools(IEnumerable<AIFunctionDeclaration> functions) =>
        [.. functions.Select(function => Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", "function");
            writer.WritePropertyName("function");
            ToolPrompt.WriteFunction(writer, function);
            writer.WriteEndObject();
        }))];

    /// <summary>The turns. An assistant's message without words and calls is none.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="format">The template's format.</param>
    /// <exception cref="ArgumentException">An argument of a call is a value that JSON cannot hold.</exception>
    public static IReadOnlyList<ChatTurn> Render(IEnumerable<ChatMessage> messages, TemplateToolFormat format)
    {
        var names = new Dictionary<string, string>();
        List<ChatTurn> turns = [];
        foreach (var message in messages)
        {
            // What stands before a result was said before it.
            List<AIContent> said = [];
            var hasResults = false;
            foreach (var content in message.Contents)
            {
                if (content is not FunctionResultContent result)
                {
                    said.Add(content);
                    continue;
                }

                hasResults = true;
                AddSaid(turns, message.Role, said, names, format, isOptional: true);
                said.Clear();
                turns.Add(new ChatTurn(ChatRole.Tool.Value, Text(result))
                {
                    Name = names.GetValueOrDefault(result.CallId, result.CallId),
                    ToolCallId = result.CallId,
                });
            }

            AddSaid(turns, message.Role, said, names, format, isOptional: hasResults || message.Role == ChatRole.Assistant);
        }

        return turns;
    }

    // Text and calls, which are optional where nothing is no turn.
    private static void AddSaid(
        List<ChatTurn> turns,
        ChatRole role,
        List<AIContent> contents,
        Dictionary<string, string> names,
        TemplateToolFormat format,
        bool isOptional)
    {
        var calls = contents.OfType<FunctionCallContent>().Select(Call).ToList();
        foreach (var call in calls) names[call.Id!] = call.Name;
        var text = string.Concat(contents.OfType<TextContent>().Select(content => content.Text));
        if (!format.RendersCalls && calls.Count > 0)
        {
            text = string.Join('\n', contents.OfType<FunctionCallContent>().Select(format.Call).Prepend(text).Where(part => part.Length > 0));
            calls = [];
        }

        if (text.Length == 0 && calls.Count == 0 && isOptional) return;
        var reasoning = string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text));
        turns.Add(new ChatTurn(role.Value, text) { ToolCalls = calls, ReasoningContent = reasoning.Length > 0 ? reasoning : null });
    }

    private static ChatTurnCall Call(FunctionCallContent call) => new(call.CallId, call.Name, Json(writer =>
    {
        writer.WriteStartObject();
        foreach (var (name, value) in ToolPrompt.Arguments(call))
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }));

    // Text as it is, other values as JSON: what a template writes for the result.
    private static string Text(FunctionResultContent result)
    {
        if (result is { Exception: { } exception, Result: null }) return exception.Message;
        if (!ToolValue.TryToJson(result.Result, out var value, out _)) return ToolValue.Unwritable;
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : Json(value.WriteTo).GetRawText();
    }

    private static JsonElement Json(Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Compact)) write(writer);
        return JsonElement.Parse(json.WrittenSpan);
    }
}
