using System.Buffers;

namespace Gemma.Tokenization;

/// <summary>Finds added tokens in text: the leftmost match, of those the longest. Thread-safe.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<char> _firstCharacters;

    // A trie: node and character to node, and the token that ends at a node or -1.
    private readonly Dictionary<long, int> _edges = [];
    private readonly List<int> _tokens = [-1];
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
                    _tokens.Add(-1);
                }
            }

            _tokens[node] = token.Id;
            first.Add(token.Content[0]);
        }

        if (spaceIsMark && (first.Contains(' ') || first.Contains(BytePairEncoder.Space))) first.UnionWith([' ', BytePairEncoder.Space]);
        _firstCharacters = SearchValues.Create([.. first]);
    }

    /// <summary>Finds the next token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="from">Where to begin.</param>
    /// <returns>Its place, length and id; the id is -1 if there is none.</returns>
    public (int Start, int Length, int Id) Find(ReadOnlySpan<char> text, int from)
    {
        for (var start = from; start < text.Length; start++)
        {
            var skipped = text[start..].IndexOfAny(_firstCharacters);
            if (skipped < 0) break;
            start += skipped;
            var (length, id) = Longest(text[start..]);
            if (id >= 0) return (start, length, id);
        }

        return (text.Length, 0, -1);
    }

    private (int Length, int Id) Longest(ReadOnlySpan<char> text)
    {
        var node = 0;
        var best = (Length: 0, Id: -1);
        for (var i = 0; i < text.Length && _edges.TryGetValue(Key(node, text[i]), out node); i++)
        {
            if (_tokens[node] >= 0) best = (i + 1, _tokens[node]);
        }

        return best;
    }

    private long Key(int node, char character) => ((long)node << 16) | (_spaceIsMark && character == ' ' ? BytePairEncoder.Space : character);
}
