using System.Globalization;
using System.Text.Json;
using Gemma.Json;

namespace Gemma.Tokenization.Files;

/// <summary>What tokenizer_config.json says beside the vocabulary, with the defaults of transformers' GemmaTokenizerFast.</summary>
internal sealed class TokenizerSettings
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tokenizer_config.json";

    /// <summary>The token that begins a text, or null.</summary>
    public string? BosToken { get; private set; } = "<bos>";

    /// <summary>The token that ends a text, or null.</summary>
    public string? EosToken { get; private set; } = "<eos>";

    /// <summary>The token that fills a batch, or null.</summary>
    public string? PadToken { get; private set; } = "<pad>";

    /// <summary>The unknown token, or null.</summary>
    public string? UnknownToken { get; private set; } = "<unk>";

    /// <summary>Whether texts begin with BOS; null if the file does not say.</summary>
    public bool? AddBosToken { get; private set; }

    /// <summary>Whether texts end with EOS; null if the file does not say.</summary>
    public bool? AddEosToken { get; private set; }

    /// <summary>Where padding goes.</summary>
    public TokenizerSide PaddingSide { get; private set; } = TokenizerSide.Left;

    /// <summary>Where truncation cuts.</summary>
    public TokenizerSide TruncationSide { get; private set; } = TokenizerSide.Right;

    /// <summary>Tokens with ids and flags; they go before those of the tokenizer file.</summary>
    public List<AddedToken> AddedTokens { get; } = [];

    /// <summary>Names of further special tokens.</summary>
    public List<string> SpecialTokens { get; } = [];

    /// <summary>The settings of a file that keeps them beside the vocabulary.</summary>
    public static TokenizerSettings Create(string? bos, string? eos, string? pad, string? unknown, bool? addBos, bool? addEos) => new()
    {
        BosToken = bos,
        EosToken = eos,
        PadToken = pad,
        UnknownToken = unknown,
        AddBosToken = addBos,
        AddEosToken = addEos,
    };

    /// <summary>Reads a folder's file; the defaults where there is none.</summary>
    /// <exception cref="InvalidModelException">The file is malformed.</exception>
    public static TokenizerSettings Load(string folder)
    {
        var settings = new TokenizerSettings();
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return settings;
        using var document = JsonSection.Load(path);
        settings.Read(JsonSection.Root(path, document));
        return settings;
    }

    private void Read(JsonSection json)
    {
        foreach (var property in json.Properties())
        {
            switch (property.Name)
            {
                case "bos_token": BosToken = Name(json, property); break;
                case "eos_token": EosToken = Name(json, property); break;
                case "pad_token": PadToken = Name(json, property); break;
                case "unk_token": UnknownToken = Name(json, property); break;
                case "add_bos_token": AddBosToken = json.Has(property.Name) ? json.Flag(property.Name, true) : null; break;
                case "add_eos_token": AddEosToken = json.Has(property.Name) ? json.Flag(property.Name, false) : null; break;
                case "padding_side": PaddingSide = Side(json, property.Name, PaddingSide); break;
                case "truncation_side": TruncationSide = Side(json, property.Name, TruncationSide); break;
                case "added_tokens_decoder": ReadAddedTokens(json.Section(property.Name)); break;
                case "additional_special_tokens" or "extra_special_tokens" when property.Value.ValueKind == JsonValueKind.Array:
                    foreach (var item in property.Value.EnumerateArray()) SpecialTokens.Add(Content(item) ?? throw json.Error(property.Name, "a list of tokens is expected"));
                    break;
                default: break;
            }
        }
    }

    private static string? Name(JsonSection json, JsonProperty property) => property.Value.ValueKind == JsonValueKind.Null ? null : Content(property.Value) ?? throw json.Error(property.Name, "a token's text is expected");

    private static string? Content(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object when value.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String => content.GetString(),
        _ => null,
    };

    private static TokenizerSide Side(JsonSection json, string key, TokenizerSide defaultValue) => json.Text(key) switch
    {
        null => defaultValue,
        "left" => TokenizerSide.Left,
        "right" => TokenizerSide.Right,
        var other => throw json.Error(key, $"'{other}' is not 'left' or 'right'"),
    };

    private void ReadAddedTokens(JsonSection? tokens)
    {
        if (tokens is not { } section) return;
        foreach (var property in section.Properties())
        {
            if (!int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= PieceTable.MaxIds) throw section.Error(property.Name, "the key is not a token id");
            AddedTokens.Add(AddedTokenReader.Read(section.Section(property.Name) ?? throw section.Error(property.Name, "a token is expected"), id));
        }
    }
}
