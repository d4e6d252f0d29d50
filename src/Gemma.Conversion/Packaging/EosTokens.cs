using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;

namespace Gemma.Conversion.Packaging;

/// <summary>The tokens that end a reply: those of the configuration, and the end of a turn where the tokenizer has one.</summary>
internal static class EosTokens
{
    private const string EndOfTurn = "<end_of_turn>";

    // Embeddings are often padded to a round number of rows.
    private const int MaxUnusedRows = 1024;

    /// <exception cref="InvalidModelException">The tokenizer does not belong to the model.</exception>
    public static IReadOnlyCollection<int> Find(ModelFiles files, GemmaTokenizer? tokenizer, GemmaConfig config)
    {
        var ids = new SortedSet<int>(config.EosTokenIds);
        ids.UnionWith(files.EosTokenIds(config));
        if (tokenizer is null) return ids;
        tokenizer.EnsureFits(config.VocabSize);
        if (!files.NamesEveryRow && config.VocabSize - tokenizer.VocabularySize > MaxUnusedRows)
        {
            throw new InvalidModelException(files.Path, "vocab_size",
                $"the model has {config.VocabSize} embeddings, but the tokenizer only {tokenizer.VocabularySize} ids; use the tokenizer that belongs to "
                    + $"the checkpoint");
        }

        // Gemma 1's own configurations name <eos> only, and a chat model never says that.
        if (tokenizer.GetTokenId(EndOfTurn) is { } endOfTurn) ids.Add(endOfTurn);
        return ids;
    }

    /// <summary>
    /// The token with which a package's chat template ends the assistant's turns, or null: a fine-tune in another form stops with it, whatever its
    /// configuration says.
    /// </summary>
    /// <param name="folder">The package, with its template.</param>
    public static int? FindTurnEnd(string folder)
    {
        if (!GemmaTokenizer.Exists(folder) || ChatTemplateFiles.Read(folder) is null) return null;
        var tokenizer = GemmaTokenizer.Load(folder);
        try
        {
            var prompt = FolderTemplates.Read(folder, tokenizer).Choose(hasTools: false, null)
                .RenderPrompt(new ChatTemplateRequest([new ChatTurn("user", "text"), new ChatTurn("assistant", "text")]) { AddGenerationPrompt = false });
            var end = prompt.Spans.LastOrDefault(span => span.Source == "messages[1].content").End;
            var at = 0;
            foreach (var part in prompt.Parts)
            {
                if (end > 0 && at >= end && part.IsControl) return tokenizer.GetTokenId(part.Text);
                at += part.Text.Length;
            }
        }
        catch (ChatTemplateException)
        {
            // Then nothing will be rendered with it either.
        }

        return null;
    }
}
