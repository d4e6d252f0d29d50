using System.Text.Json;
using Gemma.Server.Errors;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Responses;

/// <summary>An answer of the Responses API as far as it has come: its items, why it ended, what it used; and the object that tells of it.</summary>
internal sealed class ResponseAnswer(ResponseRequest request, string model, long created)
{
    private readonly string _id = $"resp_{Guid.NewGuid():N}";
    private readonly List<ResponseItem> _items = [];
    private readonly UsageDetails _usage = new();
    private ChatFinishReason? _finishReason;

    public IReadOnlyList<ResponseItem> Items => _items;

    /// <summary>The state at the end.</summary>
    public string Status => IncompleteReason is null ? "completed" : "incomplete";

    private string? IncompleteReason =>
        _finishReason == ChatFinishReason.Length ? "max_output_tokens" : _finishReason == ChatFinishReason.ContentFilter ? "content_filter" : null;

    /// <summary>Notes an update's usage and why the answer ended.</summary>
    public void Note(ChatResponseUpdate update)
    {
        _finishReason = update.FinishReason ?? _finishReason;
        foreach (var usage in update.Contents.OfType<UsageContent>()) _usage.Add(usage.Details);
    }

    /// <summary>Adds a content; text continues an item of its kind.</summary>
    /// <returns>The item that it belongs to, or null for what is no output.</returns>
    public ResponseItem? Add(AIContent content)
    {
        switch (content)
        {
            case FunctionCallContent call:
                return Open(isReasoning: false, call);
            case TextReasoningContent { Text.Length: > 0 } reasoning:
                return Append(isReasoning: true, reasoning.Text);
            case TextContent { Text.Length: > 0 } text:
                return Append(isReasoning: false, text.Text);
            default:
                return null;
        }
    }

    /// <summary>The object.</summary>
    public void Write(Utf8JsonWriter json, string status, ApiException? error = null)
    {
        json.WriteStartObject();
        json.WriteString("id", _id);
        json.WriteString("object", "response");
        json.WriteNumber("created_at", created);
        json.WriteString("status", status);
        json.WriteBoolean("background", false);
        WriteError(json, error);
        WriteIncomplete(json, status);
        json.WriteString("model", model);
        json.WriteStartArray("output");
        if (status != "in_progress")
        {
            foreach (var item in _items) item.Write(json, isDone: true, isIncomplete: status == "incomplete" && item == _items[^1]);
        }

        json.WriteEndArray();
        ResponseEcho.Write(json, request);
        if (status is "in_progress" or "failed") json.WriteNull("usage");
        else WriteUsage(json);
        json.WriteEndObject();
    }

    private ResponseItem Append(bool isReasoning, string text)
    {
        var item = _items.Count > 0 && _items[^1] is { Call: null } last && last.IsReasoning == isReasoning ? last : Open(isReasoning, null);
        item.Append(text);
        return item;
    }

    private ResponseItem Open(bool isReasoning, FunctionCallContent? call)
    {
        var item = new ResponseItem(_items.Count, isReasoning, call);
        _items.Add(item);
        return item;
    }

    private static void WriteError(Utf8JsonWriter json, ApiException? error)
    {
        if (error is null)
        {
            json.WriteNull("error");
            return;
        }

        json.WriteStartObject("error");
        json.WriteString("code", error.Code ?? error.Type);
        json.WriteString("message", error.Message);
        json.WriteEndObject();
    }

    private void WriteIncomplete(Utf8JsonWriter json, string status)
    {
        if (status != "incomplete")
        {
            json.WriteNull("incomplete_details");
            return;
        }

        json.WriteStartObject("incomplete_details");
        json.WriteString("reason", IncompleteReason);
        json.WriteEndObject();
    }

    private void WriteUsage(Utf8JsonWriter json)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", _usage.InputTokenCount ?? 0);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", _usage.CachedInputTokenCount ?? 0);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", _usage.OutputTokenCount ?? 0);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", _usage.ReasoningTokenCount ?? 0);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", (_usage.InputTokenCount ?? 0) + (_usage.OutputTokenCount ?? 0));
        json.WriteEndObject();
    }
}
