using System.Globalization;
using System.Text.Json;
using Gemma.Json;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>What tokenizer_config.json, or the files before it, say beside the vocabulary, with the defaults of transformers' GemmaTokenizerFast.</summary>
internal sealed class TokenizerSettings
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tokenizer_config.json";

    /// <summary>Our key for ids of which tokenizer.json knows no piece; transformers reads such files and ignores the key.</summary>
    public const string UnusedKey = "unused_ids";

    /// <summary>The token that begins a text, or null.</summary>
    public string? BosToken { get; set; } = "<bos>";

    /// <summary>The token that ends a text, or null.</summary>
    public string? EosToken { get; set; } = "<eos>";

    /// <summary>The token that fills a batch, or null.</summary>
    public string? PadToken { get; set; } = "<pad>";

    /// <summary>The unknown token, or null.</summary>
    public string? UnknownToken { get; set; } = "<unk>";

    /// <summary>Whether texts begin with BOS; null if the file does not say.</summary>
    public bool? AddBosToken { get; private set; }

    /// <summary>Whether texts end with EOS; null if the file does not say.</summary>
    public bool? AddEosToken { get; private set; }

    /// <summary>Whether padding goes to the left.</summary>
    public bool PadsLeft { get; private set; } = true;

    /// <summary>Whether truncation cuts on the left.</summary>
    public bool TruncatesLeft { get; private set; }

    /// <summary>Tokens with ids and flags; they go before those of the tokenizer file.</summary>
    public List<AddedToken> AddedTokens { get; } = [];

    /// <summary>Ids that need have no piece.</summary>
    public IReadOnlyList<int> UnusedIds { get; private set; } = [];

    /// <summary>Names of further special tokens; what the tokenizer file says of them goes first.</summary>
    public List<string> SpecialTokens { get; } = [];

    /// <summary>Ids of tokens by name, as older files give them; what the tokenizer file says of them goes first.</summary>
    public Dictionary<string, int> TokenIds { get; } = new(StringComparer.Ordinal);

    /// <summary>Tokens that older files call special, whatever the tokenizer file says; by name, with flags where they are given.</summary>
    public Dictionary<string, AddedToken?> CertainlySpecial { get; } = new(StringComparer.Ordinal);

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

    /// <summary>Reads a folder's files; the defaults where there are none.</summary>
    /// <exception cref="InvalidModelException">A file is malformed.</exception>
    public static TokenizerSettings Load(string folder)
    {
        var settings = new TokenizerSettings();
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
        {
            using var document = JsonSection.Load(path);
            settings.Read(JsonSection.Root(path, document));
        }

        if (settings.AddedTokens.Count == 0) OlderTokenFiles.Read(folder, settings);
        return settings;
    }

    /// <summary>The text of a token that is given as text or as an object; null for anything else.</summary>
    public static string? Content(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object when value.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String => content.GetString(),
        _ => null,
    };

    private void Read(JsonSection json)
    {
        foreach (var property in json.Properties())
        {
            switch (property.Name)
            {
                case "bos_token": BosToken = Name(json, property); break;
                case "eos_token": EosToken = Special(json, property); break;
                case "pad_token": PadToken = Special(json, property); break;
                case "unk_token": UnknownToken = Special(json, property); break;
                case "sep_token" or "cls_token" or "mask_token": Special(json, property); break;
                case "add_bos_token": AddBosToken = json.Has(property.Name) ? json.Flag(property.Name, true) : null; break;
                case "add_eos_token": AddEosToken = json.Has(property.Name) ? json.Flag(property.Name, false) : null; break;
                case "padding_side": PadsLeft = IsLeft(json, property.Name, PadsLeft); break;
                case "truncation_side": TruncatesLeft = IsLeft(json, property.Name, TruncatesLeft); break;
                case UnusedKey: UnusedIds = json.TokenIds(property.Name, PieceTable.MaxIds); break;
                case "added_tokens_decoder": ReadAddedTokens(json.Section(property.Name)); break;
                case "additional_special_tokens" or "extra_special_tokens" when property.Value.ValueKind == JsonValueKind.Array:
                    foreach (var item in property.Value.EnumerateArray())
                        SpecialTokens.Add(Content(item) ?? throw json.Error(property.Name, "a list of tokens is expected"));
                    break;
                default: break;
            }
        }
    }

    private static string? Name(JsonSection json, JsonProperty property) =>
        property.Value.ValueKind == JsonValueKind.Null ? null : Content(property.Value) ?? throw json.Error(property.Name, "a token's text is expected");

    private string? Special(JsonSection json, JsonProperty property)
    {
        var name = Name(json, property);
        if (!string.IsNullOrEmpty(name)) SpecialTokens.Add(name);
        return name;
    }

    private static bool IsLeft(JsonSection json, string key, bool defaultValue) => json.Text(key) switch
    {
        null => defaultValue,
        "left" => true,
        "right" => false,
        var other => throw json.Error(key, $"'{other}' is not 'left' or 'right'"),
    };

    private void ReadAddedTokens(JsonSection? tokens)
    {
        if (tokens is not { } section) return;
        foreach (var property in section.Properties())
        {
            if (!int.TryParse(property.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= PieceTable.MaxIds)
                throw section.Error(property.Name, "the key is not a token id");
            AddedTokens.Add(AddedTokenReader.Read(section.Section(property.Name) ?? throw section.Error(property.Name, "a token is expected"), id));
        }
    }
}
