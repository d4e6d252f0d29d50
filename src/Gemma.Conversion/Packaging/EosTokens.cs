using Gemma.Conversion.Checkpoints;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Packaging;

/// <summary>The tokens that end a reply: those of the configuration, and the end of a turn where the tokenizer has one.</summary>
internal static class EosTokens
{
    private const string EndOfTurn = "<end_of_turn>";

    // Embeddings are often padded to a round number of rows.
    private const int MaxUnusedRows = 1024;

    /// <exception cref="InvalidModelException">The tokenizer does not belong to the model.</exception>
    public static IReadOnlyCollection<int> Find(ModelFiles files, GemmaConfig config)
    {
        var ids = new SortedSet<int>(config.EosTokenIds);
        ids.UnionWith(files.EosTokenIds(config));
        if (files.LoadTokenizer() is not { } tokenizer) return ids;
        tokenizer.EnsureFits(config.VocabSize);
        if (config.VocabSize - tokenizer.VocabularySize > MaxUnusedRows) throw new InvalidModelException(files.Path, "vocab_size", $"the model has {config.VocabSize} embeddings, but the tokenizer only {tokenizer.VocabularySize} ids; use the tokenizer that belongs to the checkpoint");

        // Gemma 1's own configurations name <eos> only, and a chat model never says that.
        if (tokenizer.GetTokenId(EndOfTurn) is { } endOfTurn) ids.Add(endOfTurn);
        return ids;
    }
}
