using System.Text;
using System.Text.Json;
using Gemma.Runtime.Generation;
using Gemma.Server.Catalog;
using Gemma.Tokenization;

namespace Gemma.Server.OpenAI;

/// <summary>One continuation of one prompt.</summary>
internal sealed class CompletionChoice(int index, GemmaTokenizer? tokenizer)
{
    private readonly StringBuilder _text = new();
    private readonly List<(int Id, float? LogProbability, IReadOnlyList<TokenLogProbability> Alternatives)> _tokens = [];

    public int Index => index;

    public string FinishReason { get; set; } = "length";

    /// <summary>Puts the prompt in front, with its tokens' log-probabilities where they were asked for.</summary>
    public void Echo(string text, IReadOnlyList<int> ids, IReadOnlyList<float?>? logProbabilities)
    {
        _text.Append(text);
        for (var i = 0; logProbabilities is not null && i < ids.Count; i++) _tokens.Add((ids[i], logProbabilities[i], []));
    }

    public void Add(GenerationUpdate update)
    {
        _text.Append(WholeCharacters.Of(update));
        if (update.Choice is { } choice) _tokens.Add((choice.Id, choice.LogProbability, choice.Alternatives));
        if (update.Summary is { } summary) FinishReason = summary.FinishReason == GenerationFinishReason.Length ? "length" : "stop";
    }

    public void Write(Utf8JsonWriter json, bool withTokens) => Write(json, index, _text.ToString(), FinishReason, () =>
    {
        if (withTokens) WriteTokens(json);
        else json.WriteNull("logprobs");
    });

    public static void Write(Utf8JsonWriter json, int index, string text, string? finishReason, Action writeTokens)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("text", text);
        writeTokens();
        json.WriteString("finish_reason", finishReason);
        json.WriteEndObject();
    }

    private void WriteTokens(Utf8JsonWriter json)
    {
        var texts = _tokens.ConvertAll(token => TokenJson.Text(tokenizer, token.Id));
        json.WriteStartObject("logprobs");
        json.WriteStartArray("tokens");
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        foreach (var token in _tokens) WriteNumber(json, token.LogProbability);
        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        foreach (var token in _tokens) WriteAlternatives(json, token.Id, token.LogProbability, token.Alternatives);
        json.WriteEndArray();
        json.WriteStartArray("text_offset");
        var offset = 0;
        foreach (var text in texts)
        {
            json.WriteNumberValue(offset);
            offset += text.Length;
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    // The first token of a text has no probability: null, as lm-eval expects it. The chosen token is always among the alternatives.
    private void WriteAlternatives(Utf8JsonWriter json, int id, float? logProbability, IReadOnlyList<TokenLogProbability> alternatives)
    {
        if (logProbability is not { } own)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        HashSet<string> written = new(StringComparer.Ordinal);
        foreach (var other in alternatives.Prepend(new TokenLogProbability(id, own)))
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
}
