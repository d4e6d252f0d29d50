using System.Text.Encodings.Web;
using System.Text.Json;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization;

/// <summary>Writes <c>tokenizer.json</c>, the format of Hugging Face tokenizers, with Gemma's steps around the model.</summary>
internal static class TokenizerJsonWriter
{
    private const string Space = "\u2581";

    // Flushed so often, the writer's buffer stays small whatever the vocabulary.
    private const int FlushBytes = 1 << 16;

    public static void Write(string path, GemmaTokenizer tokenizer, Vocabulary vocabulary)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (var token in vocabulary.Added.OrderBy(token => token.Id)) WriteAdded(json, token);
        json.WriteEndArray();
        WriteReplace(json, "normalizer", " ", Space);
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Split");
        WritePattern(json, " ");
        json.WriteString("behavior", "MergedWithPrevious");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        WriteTemplate(json, tokenizer);
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        WriteReplace(json, null, Space, " ");
        foreach (var step in (ReadOnlySpan<string>)["ByteFallback", "Fuse"])
        {
            json.WriteStartObject();
            json.WriteString("type", step);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        WriteModel(json, tokenizer, vocabulary);
        json.WriteEndObject();
    }

    private static void WriteAdded(Utf8JsonWriter json, AddedToken token)
    {
        json.WriteStartObject();
        json.WriteNumber("id", token.Id);
        json.WriteString("content", token.Content);
        json.WriteBoolean("single_word", token.IsSingleWord);
        json.WriteBoolean("lstrip", token.StripsLeft);
        json.WriteBoolean("rstrip", token.StripsRight);
        json.WriteBoolean("normalized", token.IsNormalized);
        json.WriteBoolean("special", token.IsSpecial);
        json.WriteEndObject();
    }

    private static void WriteReplace(Utf8JsonWriter json, string? name, string pattern, string content)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("type", "Replace");
        WritePattern(json, pattern);
        json.WriteString("content", content);
        json.WriteEndObject();
    }

    private static void WritePattern(Utf8JsonWriter json, string pattern)
    {
        json.WriteStartObject("pattern");
        json.WriteString("String", pattern);
        json.WriteEndObject();
    }

    // One text or a pair, each with its BOS and EOS.
    private static void WriteTemplate(Utf8JsonWriter json, GemmaTokenizer tokenizer)
    {
        var bos = tokenizer.AddBosToken ? tokenizer.BosTokenId : null;
        var eos = tokenizer.AddEosToken ? tokenizer.EosTokenId : null;
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        foreach (var (name, texts) in ((string, string)[])[("single", "A"), ("pair", "AB")])
        {
            json.WriteStartArray(name);
            for (var type = 0; type < texts.Length; type++)
            {
                if (bos is { } first) WriteStep(json, "SpecialToken", tokenizer.GetPiece(first)!, type);
                WriteStep(json, "Sequence", texts[type].ToString(), type);
                if (eos is { } last) WriteStep(json, "SpecialToken", tokenizer.GetPiece(last)!, type);
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("special_tokens");
        foreach (var id in ((int?[])[bos, eos]).OfType<int>().Distinct())
        {
            var piece = tokenizer.GetPiece(id)!;
            json.WriteStartObject(piece);
            json.WriteString("id", piece);
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(piece);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter json, string kind, string id, int type)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", type);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, GemmaTokenizer tokenizer, Vocabulary vocabulary)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", tokenizer.UnknownTokenId is { } unknown ? tokenizer.GetPiece(unknown) : null);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", true);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        var pieces = vocabulary.Pieces;
        for (var id = 0; id < pieces.End; id++)
        {
            if (pieces.GetText(id) is { } text) json.WriteNumber(text, id);
            if (json.BytesPending > FlushBytes) json.Flush();
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in vocabulary.Merges.Pairs())
        {
            json.WriteStartArray();
            json.WriteStringValue(pieces[left]);
            json.WriteStringValue(pieces[right]);
            json.WriteEndArray();
            if (json.BytesPending > FlushBytes) json.Flush();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
