using System.Text.Json;
using Gemma.Server.Errors;
using Gemma.Server.OpenAI;
using Gemma.Server.Streaming;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Responses;

/// <summary>
/// The events of a streamed answer: created, each item from its beginning over its pieces to its end, and completed. Sequence numbers rise by one.
/// </summary>
internal sealed class ResponseEvents(ResponseAnswer answer, EventStream events)
{
    private int _sequence;
    private bool _begun;
    private ResponseItem? _open;

    public async Task RunAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        await foreach (var update in updates.ConfigureAwait(false))
        {
            await BeginAsync().ConfigureAwait(false);
            answer.Note(update);
            foreach (var content in update.Contents) await WriteAsync(content).ConfigureAwait(false);
        }

        await BeginAsync().ConfigureAwait(false);
        await CloseAsync(isIncomplete: answer.Status == "incomplete").ConfigureAwait(false);
        await SendAsync($"response.{answer.Status}", json => WriteResponse(json, answer.Status, null)).ConfigureAwait(false);
    }

    /// <summary>Tells of a failure in both ways: some clients read only the one, some only the other.</summary>
    public async Task FailAsync(ApiException error)
    {
        await SendAsync("response.failed", json => WriteResponse(json, "failed", error)).ConfigureAwait(false);
        await SendAsync("error", json =>
        {
            json.WriteString("code", error.Code ?? error.Type);
            json.WriteString("message", error.Message);
            json.WriteString("param", error.Parameter);
        }).ConfigureAwait(false);
    }

    private async Task BeginAsync()
    {
        if (_begun) return;
        _begun = true;
        await SendAsync("response.created", json => WriteResponse(json, "in_progress", null)).ConfigureAwait(false);
        await SendAsync("response.in_progress", json => WriteResponse(json, "in_progress", null)).ConfigureAwait(false);
    }

    private async Task WriteAsync(AIContent content)
    {
        if (answer.Add(content) is not { } item) return;
        if (item != _open)
        {
            await CloseAsync().ConfigureAwait(false);
            _open = item;
            await SendAsync("response.output_item.added", json => WriteItem(json, item, isDone: false)).ConfigureAwait(false);
            if (item.Call is null) await SendAsync(PartEvent(item, "added"), json => WritePart(json, item, string.Empty)).ConfigureAwait(false);
        }

        var delta = content switch
        {
            FunctionCallContent call => ToolCallJson.Arguments(call),
            TextReasoningContent reasoning => reasoning.Text,
            _ => ((TextContent)content).Text,
        };
        await SendAsync(TextEvent(item, "delta"), json =>
        {
            WritePlace(json, item);
            json.WriteString("delta", delta);
            WriteNoProbabilities(json, item);
        }).ConfigureAwait(false);
    }

    // What is truncated is truncated in its last item.
    private async Task CloseAsync(bool isIncomplete = false)
    {
        if (_open is not { } item) return;
        _open = null;
        await SendAsync(TextEvent(item, "done"), json =>
        {
            WritePlace(json, item);
            if (item.Call is { } call)
            {
                json.WriteString("name", call.Name);
                json.WriteString("arguments", ToolCallJson.Arguments(call));
            }
            else
            {
                json.WriteString("text", item.Text);
                WriteNoProbabilities(json, item);
            }
        }).ConfigureAwait(false);
        if (item.Call is null) await SendAsync(PartEvent(item, "done"), json => WritePart(json, item, item.Text)).ConfigureAwait(false);
        await SendAsync("response.output_item.done", json => WriteItem(json, item, isDone: true, isIncomplete)).ConfigureAwait(false);
    }

    private static string TextEvent(ResponseItem item, string what) => item switch
    {
        { Call: not null } => $"response.function_call_arguments.{what}",
        { IsReasoning: true } => $"response.reasoning_summary_text.{what}",
        _ => $"response.output_text.{what}",
    };

    private static string PartEvent(ResponseItem item, string what) =>
        item.IsReasoning ? $"response.reasoning_summary_part.{what}" : $"response.content_part.{what}";

    private void WriteResponse(Utf8JsonWriter json, string status, ApiException? error)
    {
        json.WritePropertyName("response");
        answer.Write(json, status, error);
    }

    private static void WriteItem(Utf8JsonWriter json, ResponseItem item, bool isDone, bool isIncomplete = false)
    {
        json.WriteNumber("output_index", item.Index);
        json.WritePropertyName("item");
        item.Write(json, isDone, isIncomplete);
    }

    private static void WritePart(Utf8JsonWriter json, ResponseItem item, string text)
    {
        WritePlace(json, item);
        json.WritePropertyName("part");
        item.WritePart(json, text);
    }

    // Typed clients expect the list, be it empty.
    private static void WriteNoProbabilities(Utf8JsonWriter json, ResponseItem item)
    {
        if (item is not { Call: null, IsReasoning: false }) return;
        json.WriteStartArray("logprobs");
        json.WriteEndArray();
    }

    private static void WritePlace(Utf8JsonWriter json, ResponseItem item)
    {
        json.WriteString("item_id", item.Id);
        json.WriteNumber("output_index", item.Index);
        if (item.Call is null) json.WriteNumber(item.IsReasoning ? "summary_index" : "content_index", 0);
    }

    private Task SendAsync(string name, Action<Utf8JsonWriter> write) => events.WriteAsync(json =>
    {
        json.WriteStartObject();
        json.WriteString("type", name);
        json.WriteNumber("sequence_number", _sequence++);
        write(json);
        json.WriteEndObject();
    }, name);
}
