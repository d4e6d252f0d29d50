using System.Text.Json;
using Gemma.Json;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>
/// Reads what transformers wrote before tokenizer_config.json had an <c>added_tokens_decoder</c>, and still reads where there is none: special_tokens_map.json
/// and added_tokens.json.
/// </summary>
/// <remarks>Source: transformers, <c>tokenization_utils_base.py</c>, <c>_from_pretrained</c>.</remarks>
internal static class OlderTokenFiles
{
    private const string SpecialTokensMap = "special_tokens_map.json";
    private const string AddedTokens = "added_tokens.json";

    /// <summary>Reads a folder's files into settings; they go before what tokenizer_config.json says.</summary>
    /// <exception cref="InvalidModelException">A file is malformed.</exception>
    public static void Read(string folder, TokenizerSettings settings)
    {
        ReadFile(Path.Combine(folder, SpecialTokensMap), json => ReadSpecialTokens(json, settings));
        ReadFile(Path.Combine(folder, AddedTokens), json => ReadIds(json, settings));
    }

    private static void ReadFile(string path, Action<JsonSection> read)
    {
        if (!File.Exists(path)) return;
        using var document = JsonSection.Load(path);
        read(JsonSection.Root(path, document));
    }

    private static void ReadSpecialTokens(JsonSection json, TokenizerSettings settings)
    {
        foreach (var property in json.Properties())
        {
            if (property.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in property.Value.EnumerateArray()) Add(property.Name, item);
            }
            else if (property.Value.ValueKind != JsonValueKind.Null)
            {
                Add(property.Name, property.Value);
            }

            switch (property.Name)
            {
                case "bos_token": settings.BosToken = TokenizerSettings.Content(property.Value); break;
                case "eos_token": settings.EosToken = TokenizerSettings.Content(property.Value); break;
                case "pad_token": settings.PadToken = TokenizerSettings.Content(property.Value); break;
                case "unk_token": settings.UnknownToken = TokenizerSettings.Content(property.Value); break;
                default: break;
            }
        }

        void Add(string key, JsonElement value)
        {
            if (TokenizerSettings.Content(value) is not { Length: > 0 } content) throw json.Error(key, "a token's text is expected");
            settings.CertainlySpecial[content] = value.ValueKind == JsonValueKind.Object
                ? AddedTokenReader.Read(json.Of(key, value), 0) with { IsSpecial = true }
                : null;
        }
    }

    private static void ReadIds(JsonSection json, TokenizerSettings settings)
    {
        foreach (var property in json.Properties())
        {
            if (property.Name.Length == 0) throw json.Error(property.Name, "a token without text");
            settings.TokenIds[property.Name] = json.Int(property.Name, null, 0, PieceTable.MaxIds - 1);
        }
    }
}
