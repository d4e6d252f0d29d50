using System.Text;
using System.Text.Json;
using Gemma.Tokenization;

namespace Gemma.Server.OpenAI;

/// <summary>A token with its log-probability as OpenAI writes it: text, bytes, alternatives.</summary>
internal static class TokenJson
{
    public static void Write(Utf8JsonWriter json, GemmaTokenizer? tokenizer, SpelledToken spelled)
    {
        var token = spelled.Token;
        json.WriteStartObject();
        WriteToken(json, tokenizer, token.Id, token.LogProbability, spelled.Bytes);
        json.WriteStartArray("top_logprobs");
        foreach (var other in token.Alternatives)
        {
            json.WriteStartObject();
            WriteToken(json, tokenizer, other.Id, other.LogProbability);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A token's text; bytes that are no whole character show as U+FFFD.</summary>
    public static string Text(GemmaTokenizer? tokenizer, int id) => tokenizer is null ? string.Empty : Encoding.UTF8.GetString(Bytes(tokenizer, id));

    private static void WriteToken(Utf8JsonWriter json, GemmaTokenizer? tokenizer, int id, float logProbability, int length = int.MaxValue)
    {
        var bytes = tokenizer is null ? [] : Bytes(tokenizer, id);
        bytes = bytes[..Math.Min(bytes.Length, length)];
        json.WriteString("token", Encoding.UTF8.GetString(bytes));
        json.WriteNumber("logprob", float.IsFinite(logProbability) ? logProbability : -9999f);
        json.WriteStartArray("bytes");
        foreach (var value in bytes) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static byte[] Bytes(GemmaTokenizer tokenizer, int id) => tokenizer.GetPieceBytes(id);
}
