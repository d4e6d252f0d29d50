using System.Text.Json;
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
        _choices = new ChatChoices(chat.Choices, () => answer.Tokenizer);
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
        var tokens = Known(choice.Add(update));
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextReasoningContent { Text.Length: > 0 } reasoning:
                    await WriteDeltaAsync(choice, null, json => json.WriteString("reasoning_content", reasoning.Text)).ConfigureAwait(false);
                    break;
                case TextContent { Text.Length: > 0 } text:
                    await WriteDeltaAsync(choice, tokens, json => json.WriteString("content", text.Text)).ConfigureAwait(false);
                    tokens = null;
                    break;
                case FunctionCallContent call:
                    await WriteCallAsync(choice, call, calls++).ConfigureAwait(false);
                    break;
            }
        }

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
        return WriteChoiceAsync(choice, Known(choice.End()), ChatAnswer.FinishReason(choice.FinishReason), static _ => { });
    }

    private IReadOnlyList<SpelledToken>? Known(IReadOnlyList<SpelledToken> tokens) =>
        _chat.TopLogProbabilities is not null && tokens.Count > 0 ? tokens : null;

    private Task WriteDeltaAsync(ChatChoice choice, IReadOnlyList<SpelledToken>? tokens, Action<Utf8JsonWriter> writeDelta) =>
        WriteChoiceAsync(choice, tokens, null, writeDelta);

    private Task WriteChoiceAsync(ChatChoice choice, IReadOnlyList<SpelledToken>? tokens, string? finishReason,
        Action<Utf8JsonWriter> writeDelta) => _events.WriteAsync(json =>
    {
        _answer.WriteHeader(json, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", choice.Index);
        json.WriteStartObject("delta");
        writeDelta(json);
        json.WriteEndObject();
        _answer.WriteLogProbabilities(json, tokens);
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
