using System.Text;
using System.Text.Json;
using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>One answer of a request, as far as it has come.</summary>
internal sealed class ChatChoice(int index)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<FunctionCallContent> _calls = [];

    // Updates of one step share it.
    private object? _lastStep;

    public int Index => index;

    public List<TokenChoice> Tokens { get; } = [];

    public ChatFinishReason? FinishReason { get; private set; }

    public IReadOnlyList<FunctionCallContent> Calls => _calls;

    /// <summary>Takes an update.</summary>
    /// <returns>The token that it brings, if it is the token's first update and log-probabilities were asked for.</returns>
    public TokenChoice? Add(ChatResponseUpdate update)
    {
        foreach (var content in update.Contents)
        {
            if (content is TextContent text) _text.Append(text.Text);
            else if (content is TextReasoningContent reasoning) _reasoning.Append(reasoning.Text);
            else if (content is FunctionCallContent call) _calls.Add(call);
        }

        FinishReason = update.FinishReason ?? FinishReason;
        if (update.RawRepresentation is not GenerationUpdate { Choice: { } token } || ReferenceEquals(update.RawRepresentation, _lastStep)) return null;
        _lastStep = update.RawRepresentation;
        Tokens.Add(token);
        return token;
    }

    /// <summary>The whole answer, for a response that is not streamed.</summary>
    public void Write(Utf8JsonWriter json, ChatAnswer answer, bool withTokens)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        if (_text.Length == 0 && _calls.Count > 0) json.WriteNull("content");
        else json.WriteString("content", _text.ToString());
        json.WriteNull("refusal");
        if (_reasoning.Length > 0) json.WriteString("reasoning_content", _reasoning.ToString());
        if (_calls.Count > 0)
        {
            json.WriteStartArray("tool_calls");
            foreach (var call in _calls) ToolCallJson.Write(json, call, null);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        answer.WriteLogProbabilities(json, withTokens ? Tokens : null);
        json.WriteString("finish_reason", ChatAnswer.FinishReason(FinishReason));
        json.WriteEndObject();
    }
}
