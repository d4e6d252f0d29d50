using System.Text.Json;
using Gemma.Tokenization.Files;

namespace Gemma.Tokenization;

/// <summary>Writes <c>tokenizer_config.json</c> as transformers reads it.</summary>
internal static class TokenizerConfigWriter
{
    /// <param name="path">The file.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="unused">Ids without a piece.</param>
    public static void Write(string path, GemmaTokenizer tokenizer, IEnumerable<int> unused)
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
        WriteUnused([.. unused]);
        json.WriteEndObject();

        void WriteUnused(int[] ids)
        {
            if (ids.Length == 0) return;
            json.WriteStartArray(TokenizerSettings.UnusedKey);
            foreach (var id in ids) json.WriteNumberValue(id);
            json.WriteEndArray();
        }

        void WriteToken(string name, int? id) => json.WriteString(name, id is { } value ? tokenizer.GetPiece(value) : null);
    }
}
