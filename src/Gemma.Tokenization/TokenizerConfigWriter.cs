using System.Text.Json;

namespace Gemma.Tokenization;

/// <summary>Writes <c>tokenizer_config.json</c> as transformers reads it.</summary>
internal static class TokenizerConfigWriter
{
    public static void Write(string path, GemmaTokenizer tokenizer)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteBoolean("add_bos_token", tokenizer.AddBosToken);
        json.WriteBoolean("add_eos_token", tokenizer.AddEosToken);
        WriteToken("bos_token", tokenizer.BosTokenId);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        WriteToken("eos_token", tokenizer.EosTokenId);
        WriteToken("pad_token", tokenizer.PadTokenId);
        json.WriteString("tokenizer_class", "GemmaTokenizer");
        WriteToken("unk_token", tokenizer.UnknownTokenId);
        json.WriteEndObject();

        void WriteToken(string name, int? id) => json.WriteString(name, id is { } value ? tokenizer.GetPiece(value) : null);
    }
}
