using System.Text.Json;
using Gemma.Runtime.Generation;
using Gemma.Server.Http;
using Gemma.Server.OpenAI;
using Gemma.Server.Streaming;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Ollama;

/// <summary>Writes an answer of the chat pipeline, a line a piece or whole.</summary>
/// <param name="request">The request.</param>
/// <param name="model">The model's name as the client knows it.</param>
/// <param name="isChat">Whether pieces are messages; otherwise they are <c>response</c>s.</param>
internal sealed class OllamaAnswer(RequestContext request, string model, bool isChat)
{
    private readonly OllamaChunk _chunk = new(request, model);
    private GenerationSummary? _summary;

    public async Task RunAsync(IAsyncEnumerable<ChatResponseUpdate> updates, bool isStreamed)
    {
        if (!isStreamed)
        {
            await AnswerAsync(updates).ConfigureAwait(false);
            return;
        }

        var lines = new JsonLineStream(request);
        await lines.RunAsync(async () =>
        {
            await foreach (var update in lines.ReadAsync(updates).ConfigureAwait(false))
            {
                Note(update);
                foreach (var content in update.Contents.Where(IsOutput))
                    await lines.WriteAsync(json => _chunk.Write(json, piece => Write(piece, [content]))).ConfigureAwait(false);
            }

            await lines.WriteAsync(json => _chunk.WriteEnd(json, piece => Write(piece, []), OllamaChunk.Reason(_summary), _summary)).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Answers that the model is loaded, which is what a request without a prompt asks for.</summary>
    public Task LoadedAsync() => request.AnswerAsync(json => _chunk.WriteEnd(json, piece => Write(piece, []), "load", null));

    private async Task AnswerAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        List<AIContent> contents = [];
        await foreach (var update in updates.ConfigureAwait(false))
        {
            Note(update);
            contents.AddRange(update.Contents.Where(IsOutput));
        }

        await request.AnswerAsync(json => _chunk.WriteEnd(json, piece => Write(piece, contents), OllamaChunk.Reason(_summary), _summary)).ConfigureAwait(false);
    }

    // A chat's last update brings the summary itself, a raw prompt's brings the update that has it.
    private void Note(ChatResponseUpdate update) =>
        _summary = update.RawRepresentation as GenerationSummary ?? (update.RawRepresentation as GenerationUpdate?)?.Summary ?? _summary;

    private static bool IsOutput(AIContent content) =>
        content is TextContent { Text.Length: > 0 } or TextReasoningContent { Text.Length: > 0 } or FunctionCallContent;

    private void Write(Utf8JsonWriter json, IReadOnlyList<AIContent> contents)
    {
        var text = string.Concat(contents.OfType<TextContent>().Select(content => content.Text));
        var thinking = string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text));
        if (isChat)
        {
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
        }

        json.WriteString(isChat ? "content" : "response", text);
        if (thinking.Length > 0) json.WriteString("thinking", thinking);
        var calls = contents.OfType<FunctionCallContent>().ToArray();
        if (calls.Length > 0) WriteCalls(json, calls);
        if (isChat) json.WriteEndObject();
    }

    private static void WriteCalls(Utf8JsonWriter json, FunctionCallContent[] calls)
    {
        json.WriteStartArray("tool_calls");
        foreach (var call in calls)
        {
            json.WriteStartObject();
            json.WriteString("id", call.CallId);
            json.WriteStartObject("function");
            json.WriteString("name", call.Name);
            json.WritePropertyName("arguments");
            ToolCallJson.WriteArguments(json, call);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
