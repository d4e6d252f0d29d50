using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization;

/// <summary>Text to ids: added tokens are cut out, what lies between is byte-pair encoded. Thread-safe.</summary>
internal sealed class TextEncoder
{
    private readonly BytePairEncoder _pairs;
    private readonly AddedTokenMatcher _added;
    private readonly AddedTokenMatcher? _normalized;

    /// <param name="pairs">Encodes what lies between added tokens.</param>
    /// <param name="tokens">The tokens to recognise.</param>
    public TextEncoder(BytePairEncoder pairs, IReadOnlyCollection<AddedToken> tokens)
    {
        _pairs = pairs;
        _added = new AddedTokenMatcher(tokens.Where(token => !token.IsNormalized), spaceIsMark: false);
        if (tokens.Any(token => token.IsNormalized)) _normalized = new AddedTokenMatcher(tokens.Where(token => token.IsNormalized), spaceIsMark: true);
    }

    /// <summary>Encodes text; stops early once the output is beyond its limit.</summary>
    public void Encode(ReadOnlySpan<char> text, ref TokenBuffer output)
    {
        var (taken, next) = (0, 0);
        while (next < text.Length && !output.IsBeyondLimit)
        {
            var token = _added.Find(text, next, taken);
            if (token.Start > taken) EncodeBetween(text[taken..token.Start], taken, ref output);
            Add(token, 0, ref output);
            (taken, next) = (token.End, token.Next);
        }

        if (taken < text.Length && !output.IsBeyondLimit) EncodeBetween(text[taken..], taken, ref output);
    }

    private void EncodeBetween(ReadOnlySpan<char> text, int offset, ref TokenBuffer output)
    {
        var (taken, next) = (0, 0);
        while (_normalized is not null && next < text.Length && !output.IsBeyondLimit)
        {
            var token = _normalized.Find(text, next, taken);
            if (token.Start > taken) _pairs.Encode(text[taken..token.Start], offset + taken, ref output);
            Add(token, offset, ref output);
            (taken, next) = (token.End, token.Next);
        }

        if (taken < text.Length && !output.IsBeyondLimit) _pairs.Encode(text[taken..], offset + taken, ref output);
    }

    // A token of white space may be taken by another one as a whole.
    private static void Add(AddedTokenMatch token, int offset, ref TokenBuffer output)
    {
        if (token.Id >= 0 && token.Start < token.End) output.Add(token.Id, offset + token.Start, offset + token.End);
    }
}
