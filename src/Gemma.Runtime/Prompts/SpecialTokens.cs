using System.Text.Json;
using Gemma.Json;
using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts;

/// <summary>The special tokens that a template sees as <c>bos_token</c> and its like.</summary>
internal static class SpecialTokens
{
    /// <summary>What transformers' Gemma tokenizer has by itself.</summary>
    public static IReadOnlyDictionary<string, string> Defaults { get; } = new Dictionary<string, string>
    {
        ["bos_token"] = "<bos>",
        ["eos_token"] = "<eos>",
        ["pad_token"] = "<pad>",
        ["unk_token"] = "<unk>",
    };

    /// <summary>
    /// Reads a folder's: tokenizer_config.json, then special_tokens_map.json, then what transformers' Gemma tokenizer has by itself. What a file sets to null
    /// is not there.
    /// </summary>
    /// <exception cref="InvalidModelException">A file is malformed.</exception>
    public static IReadOnlyDictionary<string, string> Read(string folder)
    {
        var tokens = new Dictionary<string, string>();
        HashSet<string> seen = [];
        foreach (var name in (ReadOnlySpan<string>)["tokenizer_config.json", "special_tokens_map.json"])
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) continue;
            using var document = JsonSection.Load(path);
            if (document.RootElement.ValueKind != JsonValueKind.Object) continue;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name.EndsWith("_token", StringComparison.Ordinal) && Text(property.Value) is { } text && seen.Add(property.Name))
                    tokens.Add(property.Name, text);
                else if (property.Value.ValueKind == JsonValueKind.Null) seen.Add(property.Name);
                else if (property.Name == "extra_special_tokens") AddExtra(property.Value);
            }
        }

        foreach (var (name, text) in Defaults)
        {
            if (!seen.Contains(name)) tokens.Add(name, text);
        }

        return tokens;

        // Those that only this model has, by name.
        void AddExtra(JsonElement extra)
        {
            if (extra.ValueKind != JsonValueKind.Object) return;
            foreach (var property in extra.EnumerateObject())
                if (Text(property.Value) is { } text && seen.Add(property.Name)) tokens.Add(property.Name, text);
        }
    }

    /// <summary>A tokenizer's.</summary>
    public static IReadOnlyDictionary<string, string> Of(GemmaTokenizer tokenizer)
    {
        var tokens = new Dictionary<string, string>();
        Add("bos_token", tokenizer.BosTokenId);
        Add("eos_token", tokenizer.EosTokenId);
        Add("pad_token", tokenizer.PadTokenId);
        Add("unk_token", tokenizer.UnknownTokenId);
        return tokens;

        void Add(string name, int? id)
        {
            if (id is { } value && tokenizer.GetPiece(value) is { } piece) tokens.Add(name, piece);
        }
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object when value.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String => content.GetString(),
        _ => null,
    };
}
