using System.Text;
using System.Text.Json;
using Gemma.Runtime.Generation;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>One answer of a request, as far as it has come.</summary>
/// <param name="index">Which of them, from 0.</param>
/// <param name="tokenizer">The model's tokenizer, once it is loaded.</param>
internal sealed class ChatChoice(int index, Func<GemmaTokenizer?> tokenizer)
{
    private readonly AnswerTokens _tokens = new(tokenizer);
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private readonly List<FunctionCallContent> _calls = [];

    // Updates of one step share it.
    private object? _lastStep;

    public int Index => index;

    public ChatFinishReason? FinishReason { get; private set; }

    public IReadOnlyList<FunctionCallContent> Calls => _calls;

    /// <summary>Takes an update.</summary>
    /// <returns>The tokens of its content, if log-probabilities were asked for.</returns>
    public IReadOnlyList<SpelledToken> Add(ChatResponseUpdate update)
    {
        if (update.RawRepresentation is GenerationUpdate { Choice: { } token } && !ReferenceEquals(update.RawRepresentation, _lastStep))
        {
            _lastStep = update.RawRepresentation;
            _tokens.Add(token);
        }

        FinishReason = update.FinishReason ?? FinishReason;
        List<SpelledToken> spelled = [];
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    _text.Append(text.Text);
                    spelled.AddRange(_tokens.Write(text.Text));
                    break;
                case TextReasoningContent reasoning:
                    _reasoning.Append(reasoning.Text);
                    _tokens.Skip();
                    break;
                case FunctionCallContent call:
                    _calls.Add(call);
                    _tokens.Skip();
                    break;
            }
        }

        return spelled;
    }

    /// <summary>The answer is complete.</summary>
    /// <returns>What is left to tell of its tokens.</returns>
    public IReadOnlyList<SpelledToken> End() => _tokens.End();

    /// <summary>The whole answer, for a response that is not streamed.</summary>
    public void Write(Utf8JsonWriter json, ChatAnswer answer, bool withTokens)
    {
        End();
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
        answer.WriteLogProbabilities(json, withTokens ? _tokens.Told : null);
        json.WriteString("finish_reason", ChatAnswer.FinishReason(FinishReason));
        json.WriteEndObject();
    }
}
