using System.Buffers;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization;

/// <summary>Finds added tokens in text: the leftmost match, of those the longest. Thread-safe.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<char> _firstCharacters;

    // A trie: node and character to node, and the token that ends at a node, if any.
    private readonly Dictionary<long, int> _edges = [];
    private readonly List<AddedToken?> _tokens = [null];
    private readonly bool _spaceIsMark;

    /// <param name="tokens">The tokens.</param>
    /// <param name="spaceIsMark">Whether a space in text or token is the same as U+2581.</param>
    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, bool spaceIsMark)
    {
        _spaceIsMark = spaceIsMark;
        HashSet<char> first = [];
        foreach (var token in tokens)
        {
            var node = 0;
            foreach (var character in token.Content)
            {
                var key = Key(node, character);
                if (!_edges.TryGetValue(key, out node))
                {
                    node = _tokens.Count;
                    _edges.Add(key, node);
                    _tokens.Add(null);
                }
            }

            _tokens[node] = token;
            first.Add(token.Content[0]);
        }

        if (spaceIsMark && (first.Contains(' ') || first.Contains(BytePairEncoder.Space))) first.UnionWith([' ', BytePairEncoder.Space]);
        _firstCharacters = SearchValues.Create([.. first]);
    }

    /// <summary>Finds the next token.</summary>
    /// <remarks>
    /// Source: tokenizers, <c>added_vocabulary.rs</c>. What a token that is no word of its own covers is passed over, and white space that a token takes is
    /// searched all the same.
    /// </remarks>
    /// <param name="text">The text.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="taken">Where the token before it ends, with its white space.</param>
    public AddedTokenMatch Find(ReadOnlySpan<char> text, int from, int taken)
    {
        for (var start = from; start < text.Length; start++)
        {
            var skipped = text[start..].IndexOfAny(_firstCharacters);
            if (skipped < 0) break;
            start += skipped;
            if (Longest(text[start..]) is not { } token) continue;
            var end = start + token.Content.Length;
            if (token.IsSingleWord && (TextEdges.EndsWithWord(text[..start]) || TextEdges.BeginsWithWord(text[end..])))
            {
                start = end - 1;
                continue;
            }

            return new AddedTokenMatch(
                token.StripsLeft ? Math.Max(TextEdges.SpacesAtEnd(text[..start], _spaceIsMark), taken) : start,
                token.StripsRight ? end + TextEdges.SpacesAtBegin(text[end..], _spaceIsMark) : end,
                end,
                token.Id);
        }

        return new AddedTokenMatch(text.Length, text.Length, text.Length, -1);
    }

    private AddedToken? Longest(ReadOnlySpan<char> text)
    {
        var node = 0;
        AddedToken? best = null;
        for (var i = 0; i < text.Length && _edges.TryGetValue(Key(node, text[i]), out node); i++)
        {
            if (_tokens[node] is { } token) best = token;
        }

        return best;
    }

    private long Key(int node, char character) => ((long)node << 16) | (_spaceIsMark && character == ' ' ? BytePairEncoder.Space : character);
}
