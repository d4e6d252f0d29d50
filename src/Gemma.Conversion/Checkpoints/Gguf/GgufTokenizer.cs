using Gemma.Tokenization;
using Gemma.Tokenization.Files;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>Reads the tokenizer and the chat templates in a GGUF file's metadata.</summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";
    private const string TemplateKey = "tokenizer.chat_template";

    /// <summary>The tokenizer, or null if the file has none.</summary>
    /// <exception cref="InvalidModelException">It is inconsistent or not Gemma's.</exception>
    public static GemmaTokenizer? Read(GgufMetadata metadata)
    {
        if (metadata.Array(Prefix + "tokens", GgufValueType.String) is not { } tokens)
            return metadata.Has(Prefix + "model") ? throw metadata.Error(Prefix + "tokens", "the tokens are missing") : null;
        return GemmaTokenizer.Load(new GgufVocabulary
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
        });
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

    /// <summary>The chat template, or null.</summary>
    /// <exception cref="InvalidModelException">It is not a text.</exception>
    public static string? Template(GgufMetadata metadata) => metadata.Text(TemplateKey);

    /// <summary>The further chat templates by name.</summary>
    /// <exception cref="InvalidModelException">One is not a text.</exception>
    public static IEnumerable<(string Name, string Text)> NamedTemplates(GgufMetadata metadata) =>
        metadata.Values.Keys.Where(key => key.StartsWith(TemplateKey + ".", StringComparison.Ordinal))
            .Select(key => (key[(TemplateKey.Length + 1)..], metadata.Text(key)!));
}
