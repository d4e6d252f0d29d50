using System.Text.Json;
using Gemma.Runtime.Classification;

namespace Gemma.Cli.Classification;

/// <summary>Writes results as JSON.</summary>
internal static class ClassificationJson
{
    /// <summary>label, score, scores and logits; for heads that give several labels also these, and whether the text was cut if it was.</summary>
    public static void Write(Utf8JsonWriter json, ClassificationResult result, bool severalLabels)
    {
        json.WriteString("label", result.Label);
        json.WriteNumber("score", result.Score);
        json.WriteStartObject("scores");
        foreach (var score in result.Scores) json.WriteNumber(score.Label, score.Score);
        json.WriteEndObject();
        json.WriteStartArray("logits");
        foreach (var score in result.Scores) json.WriteNumberValue(score.Logit);
        json.WriteEndArray();
        if (severalLabels)
        {
            json.WriteStartArray("labels");
            foreach (var label in result.SelectedLabels) json.WriteStringValue(label);
            json.WriteEndArray();
        }

        if (result.IsTruncated) json.WriteBoolean("truncated", true);
    }

    /// <summary>One entry per token.</summary>
    public static void Write(Utf8JsonWriter json, TokenClassificationResult result)
    {
        json.WriteStartArray("tokens");
        foreach (var token in result.Tokens)
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.TokenId);
            if (token.Piece is { } piece) json.WriteString("piece", piece);
            Write(json, token.Result, severalLabels: false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
