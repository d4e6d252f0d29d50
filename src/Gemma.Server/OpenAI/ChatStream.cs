using System.Text.Json;
using Gemma.Runtime.Generation;
using Gemma.Server.Http;
using Gemma.Server.Streaming;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>
/// The frames of a streamed chat completion: the role once, then content and calls, one frame with the reason of the end for each answer, the usage if it was
/// asked for, <c>[DONE]</c>.
/// </summary>
internal sealed class ChatStream
{
    private readonly ChatRequest _chat;
    private readonly ChatAnswer _answer;
    private readonly EventStream _events;
    private readonly ChatChoices _choices;
    private readonly bool[] _begun;
    private readonly bool[] _ended;

    private ChatStream(ChatRequest chat, ChatAnswer answer, EventStream events)
    {
        (_chat, _answer, _events) = (chat, answer, events);
        _choices = new ChatChoices(chat.Choices);
        _begun = new bool[chat.Choices];
        _ended = new bool[chat.Choices];
    }

    public static Task WriteAsync(RequestContext request, ChatRequest chat, ChatAnswer answer, IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        var events = new EventStream(request);
        return events.RunAsync(() => new ChatStream(chat, answer, events).RunAsync(updates));
    }

    private async Task RunAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        var usage = new UsageDetails();
        await foreach (var update in _events.ReadAsync(updates).ConfigureAwait(false))
        {
            foreach (var content in update.Contents.OfType<UsageContent>()) usage.Add(content.Details);
            await WriteAsync(_choices.Find(update), update).ConfigureAwait(false);
        }

        foreach (var choice in _choices.All)
        {
            await BeginAsync(choice).ConfigureAwait(false);
            await EndAsync(choice).ConfigureAwait(false);
        }

        if (_chat.IncludeUsage) await WriteUsageAsync(usage).ConfigureAwait(false);
        await _events.DoneAsync().ConfigureAwait(false);
    }

    private async Task WriteAsync(ChatChoice choice, ChatResponseUpdate update)
    {
        await BeginAsync(choice).ConfigureAwait(false);
        var calls = choice.Calls.Count;
        var token = choice.Add(update);
        if (_chat.TopLogProbabilities is null) token = null;
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextReasoningContent { Text.Length: > 0 } reasoning:
                    await WriteDeltaAsync(choice, token, json => json.WriteString("reasoning_content", reasoning.Text)).ConfigureAwait(false);
                    token = null;
                    break;
                case TextContent { Text.Length: > 0 } text:
                    await WriteDeltaAsync(choice, token, json => json.WriteString("content", text.Text)).ConfigureAwait(false);
                    token = null;
                    break;
                case FunctionCallContent call:
                    await WriteCallAsync(choice, call, calls++).ConfigureAwait(false);
                    break;
            }
        }

        // A token without text yet, such as the first half of a character, still has its probability.
        if (token is not null) await WriteDeltaAsync(choice, token, json => json.WriteString("content", string.Empty)).ConfigureAwait(false);

        // Several answers end each at its time. A single one may go on behind a call that a middleware answered.
        if (update.FinishReason is not null && _chat.Choices > 1) await EndAsync(choice).ConfigureAwait(false);
    }

    private Task WriteCallAsync(ChatChoice choice, FunctionCallContent call, int index) => WriteDeltaAsync(choice, null, json =>
    {
        json.WriteStartArray("tool_calls");
        ToolCallJson.Write(json, call, index);
        json.WriteEndArray();
    });

    private Task BeginAsync(ChatChoice choice)
    {
        if (_begun[choice.Index]) return Task.CompletedTask;
        _begun[choice.Index] = true;
        return WriteDeltaAsync(choice, null, json =>
        {
            json.WriteString("role", "assistant");
            json.WriteString("content", string.Empty);
        });
    }

    private Task EndAsync(ChatChoice choice)
    {
        if (_ended[choice.Index]) return Task.CompletedTask;
        _ended[choice.Index] = true;
        return WriteChoiceAsync(choice, null, ChatAnswer.FinishReason(choice.FinishReason), static _ => { });
    }

    private Task WriteDeltaAsync(ChatChoice choice, TokenChoice? token, Action<Utf8JsonWriter> writeDelta) => WriteChoiceAsync(choice, token, null, writeDelta);

    private Task WriteChoiceAsync(ChatChoice choice, TokenChoice? token, string? finishReason, Action<Utf8JsonWriter> writeDelta) => _events.WriteAsync(json =>
    {
        _answer.WriteHeader(json, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", choice.Index);
        json.WriteStartObject("delta");
        writeDelta(json);
        json.WriteEndObject();
        _answer.WriteLogProbabilities(json, token is null ? null : [token]);
        json.WriteString("finish_reason", finishReason);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private Task WriteUsageAsync(UsageDetails usage) => _events.WriteAsync(json =>
    {
        _answer.WriteHeader(json, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteEndArray();
        ChatAnswer.WriteUsage(json, usage);
        json.WriteEndObject();
    });
}
