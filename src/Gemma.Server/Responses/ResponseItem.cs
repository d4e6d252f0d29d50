using System.Text;
using System.Text.Json;
using Gemma.Server.OpenAI;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Responses;

/// <summary>One item of an answer: a message, a stretch of reasoning, or a call. Its id stays the same through all events.</summary>
/// <param name="index">Its place in the output.</param>
/// <param name="isReasoning">Whether its text is reasoning.</param>
/// <param name="call">The call, or null for a text.</param>
internal sealed class ResponseItem(int index, bool isReasoning, FunctionCallContent? call)
{
    private readonly StringBuilder _text = new();

    public int Index => index;

    public bool IsReasoning => isReasoning;

    public FunctionCallContent? Call => call;

    public string Id { get; } = $"{(call is not null ? "fc" : isReasoning ? "rs" : "msg")}_{Guid.NewGuid():N}";

    public string Text => _text.ToString();

    public void Append(string text) => _text.Append(text);

    /// <summary>The item as far as it has come, or as it begins.</summary>
    public void Write(Utf8JsonWriter json, bool isDone, bool isIncomplete = false)
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("type", call is not null ? "function_call" : isReasoning ? "reasoning" : "message");
        json.WriteString("status", !isDone ? "in_progress" : isIncomplete ? "incomplete" : "completed");
        if (call is not null) WriteCall(json, call, isDone);
        else WriteParts(json, isDone);
        json.WriteEndObject();
    }

    /// <summary>The text's part.</summary>
    public void WritePart(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", isReasoning ? "summary_text" : "output_text");
        json.WriteString("text", text);
        if (!isReasoning)
        {
            json.WriteStartArray("annotations");
            json.WriteEndArray();
            json.WriteStartArray("logprobs");
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, FunctionCallContent call, bool isDone)
    {
        json.WriteString("call_id", call.CallId);
        json.WriteString("name", call.Name);
        json.WriteString("arguments", isDone ? ToolCallJson.Arguments(call) : string.Empty);
    }

    private void WriteParts(Utf8JsonWriter json, bool isDone)
    {
        if (!isReasoning) json.WriteString("role", "assistant");
        json.WriteStartArray(isReasoning ? "summary" : "content");
        if (isDone) WritePart(json, Text);
        json.WriteEndArray();
    }
}
