using Gemma.Tokenization;

namespace Gemma.Runtime.Prompts;

/// <summary>Finds the control tokens in what a template wrote, the longest first, as the tokenizer does. Immutable and thread-safe.</summary>
internal sealed class ControlTokenFinder
{
    private readonly HashSet<string> _tokens = [];
    private readonly int[] _lengths;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly string _firstCharacters;

    /// <summary>Collects a tokenizer's control tokens.</summary>
    public ControlTokenFinder(GemmaTokenizer tokenizer)
    {
        for (var id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (tokenizer.IsControlToken(id) && tokenizer.GetPiece(id) is { Length: > 0 } piece) _tokens.Add(piece);
        }

        _lengths = [.. _tokens.Select(token => token.Length).Distinct().OrderDescending()];
        _firstCharacters = string.Concat(_tokens.Select(token => token[0]).Distinct());
        _lookup = _tokens.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Where the next control token stands; the length is 0 if there is none.</summary>
    /// <param name="text">A text of the template.</param>
    /// <param name="from">Where to begin.</param>
    public (int Start, int Length) Next(ReadOnlySpan<char> text, int from)
    {
        while (text[from..].IndexOfAny(_firstCharacters) is >= 0 and var found)
        {
            from += found;
            foreach (var length in _lengths)
            {
                if (length <= text.Length - from && _lookup.Contains(text.Slice(from, length))) return (from, length);
            }

            from++;
        }

        return (text.Length, 0);
    }
}
