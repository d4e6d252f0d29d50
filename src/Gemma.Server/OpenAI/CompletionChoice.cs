using System.Text;
using System.Text.Json;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Scoring;
using Gemma.Server.Catalog;
using Gemma.Tokenization;

namespace Gemma.Server.OpenAI;

/// <summary>One continuation of one prompt: what came since it was last written and cleared.</summary>
internal sealed class CompletionChoice(int index, GemmaTokenizer? tokenizer)
{
    private readonly StringBuilder _text = new();
    private readonly List<CompletionToken> _tokens = [];

    // The text's characters that were cleared: offsets count from the text's beginning.
    private int _cleared;
    private string? _finishReason;

    /// <summary>Whether there is something to write.</summary>
    public bool HasNews => _text.Length > 0 || _tokens.Count > 0 || _finishReason is not null;

    /// <summary>Puts the prompt in front.</summary>
    /// <param name="text">The prompt's text, or null if ids were sent.</param>
    /// <param name="ids">Its tokens.</param>
    /// <param name="score">Their log-probabilities, or null if they were not asked for.</param>
    public void Echo(string? text, int[] ids, TextScore? score)
    {
        _text.Append(text ?? tokenizer?.Decode(ids, skipSpecialTokens: false) ?? string.Empty);
        if (score is null) return;
        var decoder = Encoding.UTF8.GetDecoder();
        var offset = 0;
        for (var i = 0; i < ids.Length; i++)
        {
            _tokens.Add(new CompletionToken(ids[i], score.LogProbabilities[i], score.Alternatives.Count > 0 ? score.Alternatives[i] : [], offset));

            // The BOS that a text gets is no part of it.
            var isAdded = i == 0 && text is not null && ids[i] == tokenizer?.BosTokenId;
            if (tokenizer is not null && !isAdded) offset += Characters(decoder, tokenizer.GetPieceBytes(ids[i]));
        }
    }

    public void Add(GenerationUpdate update)
    {
        if (update.Choice is { } choice) _tokens.Add(new CompletionToken(choice.Id, choice.LogProbability, choice.Alternatives, _cleared + _text.Length));
        _text.Append(WholeCharacters.Of(update));
        if (update.Summary is { } summary) End(summary.FinishReason);
    }

    public void End(GenerationFinishReason reason) => _finishReason = reason == GenerationFinishReason.Length ? "length" : "stop";

    public void Write(Utf8JsonWriter json, bool withTokens)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("text", _text.ToString());
        if (withTokens) WriteTokens(json);
        else json.WriteNull("logprobs");
        json.WriteString("finish_reason", _finishReason);
        json.WriteEndObject();
    }

    /// <summary>Forgets what was written.</summary>
    public void Clear()
    {
        _cleared += _text.Length;
        _text.Clear();
        _tokens.Clear();
    }

    // A token may end inside a character, which then belongs to the token that completes it.
    private static int Characters(Decoder decoder, byte[] bytes) => decoder.GetChars(bytes, 0, bytes.Length, new char[bytes.Length + 2], 0, flush: false);

    private void WriteTokens(Utf8JsonWriter json)
    {
        json.WriteStartObject("logprobs");
        json.WriteStartArray("tokens");
        foreach (var token in _tokens) json.WriteStringValue(TokenJson.Text(tokenizer, token.Id));
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        foreach (var token in _tokens) WriteNumber(json, token.LogProbability);
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        foreach (var token in _tokens) WriteAlternatives(json, token);
        json.WriteEndArray();
        json.WriteStartArray("text_offset");
        foreach (var token in _tokens) json.WriteNumberValue(token.Offset);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // The first token of a text has no probability: null, as lm-eval expects it. The chosen token is always among the alternatives.
    private void WriteAlternatives(Utf8JsonWriter json, CompletionToken token)
    {
        if (token.LogProbability is not { } own)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        HashSet<string> written = new(StringComparer.Ordinal);
        foreach (var other in token.Alternatives.Prepend(new TokenLogProbability(token.Id, own)))
        {
            var text = TokenJson.Text(tokenizer, other.Id);
            if (!written.Add(text)) continue;
            json.WritePropertyName(text);
            WriteNumber(json, other.LogProbability);
        }

        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, float? value)
    {
        if (value is { } number) json.WriteNumberValue(float.IsFinite(number) ? number : -9999f);
        else json.WriteNullValue();
    }

    /// <summary>A token and where its text begins.</summary>
    private readonly record struct CompletionToken(int Id, float? LogProbability, IReadOnlyList<TokenLogProbability> Alternatives, int Offset);
}
