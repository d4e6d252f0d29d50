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
        for (var position = 0; position < text.Length && !output.IsBeyondLimit;)
        {
            var (start, length, id) = _added.Find(text, position);
            EncodeBetween(text[position..start], position, ref output);
            if (id >= 0) output.Add(id, start, start + length);
            position = start + length;
        }
    }

    private void EncodeBetween(ReadOnlySpan<char> text, int offset, ref TokenBuffer output)
    {
        if (_normalized is null)
        {
            _pairs.Encode(text, offset, ref output);
            return;
        }

        for (var position = 0; position < text.Length && !output.IsBeyondLimit;)
        {
            var (start, length, id) = _normalized.Find(text, position);
            _pairs.Encode(text[position..start], offset + position, ref output);
            if (id >= 0) output.Add(id, offset + start, offset + start + length);
            position = start + length;
        }
    }
}
