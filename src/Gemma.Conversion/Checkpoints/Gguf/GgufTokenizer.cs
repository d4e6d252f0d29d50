using System.Buffers;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;
using Gemma.Tokenization.Files;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>Reads the tokenizer and the chat templates in a GGUF file's metadata.</summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";
    private const string TemplateKey = "tokenizer.chat_template";
    private const int MaxNameLength = 64;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    /// <summary>The tokenizer, or null if the file has none.</summary>
    /// <exception cref="InvalidModelException">It is inconsistent or not Gemma's.</exception>
    public static GemmaTokenizer? Read(GgufMetadata metadata) => ReadVocabulary(metadata) is { } vocabulary ? GemmaTokenizer.Load(vocabulary) : null;

    /// <summary>The tokenizer as the file has it, or null if it has none.</summary>
    /// <exception cref="InvalidModelException">A key is missing or of the wrong type.</exception>
    public static GgufVocabulary? ReadVocabulary(GgufMetadata metadata)
    {
        if (metadata.Array(Prefix + "tokens", GgufValueType.String) is not { } tokens)
            return metadata.Has(Prefix + "model") ? throw metadata.Error(Prefix + "tokens", "the tokens are missing") : null;
        return new GgufVocabulary
        {
            Path = metadata.Path,
            Model = metadata.Text(Prefix + "model"),
            Tokens = metadata.Read(tokens, cursor => cursor.ReadStringBytes()),
            Scores = metadata.Array(Prefix + "scores", GgufValueType.Float32) is { } scores
                ? metadata.Read(scores, cursor => BitConverter.UInt32BitsToSingle(cursor.ReadUInt32()))
                : null,
            Types = metadata.Array(Prefix + "token_type", GgufValueType.Int32, GgufValueType.UInt32) is { } types
                ? metadata.Read(types, cursor => (int)cursor.ReadUInt32())
                : null,
            Merges = metadata.Array(Prefix + "merges", GgufValueType.String) is { } merges ? metadata.Read(merges, cursor => cursor.ReadString()) : null,
            BosTokenId = TokenId(metadata, "bos", tokens.Count),
            EosTokenId = TokenId(metadata, "eos", tokens.Count),
            UnknownTokenId = TokenId(metadata, "unknown", tokens.Count),
            PadTokenId = TokenId(metadata, "padding", tokens.Count),
            AddBosToken = metadata.Flag(Prefix + "add_bos_token"),
            AddEosToken = metadata.Flag(Prefix + "add_eos_token"),
        };
    }

    /// <summary>The id of a token with a role, or null if the file does not say.</summary>
    /// <exception cref="InvalidModelException">It is not an id.</exception>
    public static int? TokenId(GgufMetadata metadata, string role, long tokens) =>
        metadata.Integer($"{Prefix}{role}_token_id", 0, (int)Math.Min(tokens, int.MaxValue) - 1);

    /// <summary>Tokens that are never generated.</summary>
    /// <exception cref="InvalidModelException">One is not an id.</exception>
    public static IReadOnlyList<int> SuppressedTokens(GgufMetadata metadata, int tokens)
    {
        const string Key = Prefix + "suppress_tokens";
        if (metadata.Array(Key, GgufValueType.Int32, GgufValueType.UInt32) is not { } array) return [];
        return metadata.Read(array, cursor => (int)cursor.ReadUInt32() is >= 0 and var id && id < tokens
            ? id
            : throw metadata.Error(Key, $"an item is not one of the {tokens} tokens"));
    }

    /// <summary>The chat template texts, or null if there are none. A model that has turn tokens and no template of its own has its architecture's.</summary>
    /// <exception cref="InvalidModelException">One is not a text, or its name cannot be a file's.</exception>
    public static ChatTemplateFiles? Templates(GgufMetadata metadata, GemmaTokenizer? tokenizer)
    {
        Dictionary<string, string> texts = [];
        foreach (var key in metadata.Values.Keys.Order(StringComparer.Ordinal))
        {
            if (key != TemplateKey && !key.StartsWith(TemplateKey + ".", StringComparison.Ordinal)) continue;
            if (metadata.Text(key) is { } text && !string.IsNullOrWhiteSpace(text)) texts.TryAdd(NameOf(metadata, key), text);
        }

        if (!texts.ContainsKey(ChatTemplateFiles.DefaultName) && ChatTemplates.HasTurns(tokenizer) && GgufArchitecture.TemplateOf(metadata) is { } published)
            texts.Add(ChatTemplateFiles.DefaultName, published);
        return texts.Count == 0 ? null : new ChatTemplateFiles(metadata.Path, texts);
    }

    private static string NameOf(GgufMetadata metadata, string key)
    {
        if (key == TemplateKey) return ChatTemplateFiles.DefaultName;
        var name = key[(TemplateKey.Length + 1)..];
        return name.Length is > 0 and <= MaxNameLength && !name.AsSpan().ContainsAnyExcept(NameCharacters)
            ? name
            : throw metadata.Error(key, $"the name is not one of up to {MaxNameLength} ASCII letters, digits, '_' and '-'");
    }
}
