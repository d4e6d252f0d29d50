using System.Runtime.InteropServices;
using System.Text;
using Gemma.Runtime.Generation;
using Gemma.Tokenization;

namespace Gemma.Server.OpenAI;

/// <summary>
/// The tokens of an answer's content as it is written: each is told once its text is, so that their texts together are the content. Control tokens, thoughts
/// and calls are no part of it, and neither is what a stop text took away.
/// </summary>
internal sealed class AnswerTokens(Func<GemmaTokenizer?> tokenizer)
{
    private readonly Queue<TokenChoice> _waiting = [];
    private readonly List<SpelledToken> _told = [];
    private readonly List<byte> _bytes = [];
    private int _toldBytes;

    /// <summary>All that were told.</summary>
    public IReadOnlyList<SpelledToken> Told => _told;

    /// <summary>A token was generated.</summary>
    public void Add(TokenChoice token)
    {
        if (tokenizer()?.IsSpecialToken(token.Id) != true) _waiting.Enqueue(token);
    }

    /// <summary>Content was written.</summary>
    /// <returns>The tokens that are whole in it.</returns>
    public IReadOnlyList<SpelledToken> Write(string text)
    {
        _bytes.AddRange(Encoding.UTF8.GetBytes(text));
        var first = _told.Count;
        while (_waiting.TryPeek(out var token))
        {
            var piece = Bytes(token);
            var own = piece.AsSpan();
            var written = Untold();

            // White space in front of an answer is no part of it.
            if (_toldBytes == 0 && !Agree(own, written)) own = own.TrimStart((byte)' ');
            if (Agree(own, written) && own.Length > written.Length) break;
            _waiting.Dequeue();

            // What became no content, such as a mark around a thought, is not told.
            if (Agree(own, written) && (own.Length > 0 || piece.Length == 0)) Tell(token, piece.Length, own.Length);
        }

        return _told[first..];
    }

    /// <summary>What was generated became something else than content.</summary>
    public void Skip()
    {
        _waiting.Clear();
        _toldBytes = _bytes.Count;
    }

    /// <summary>The answer is complete.</summary>
    /// <returns>The token whose text was written in part, if there is one.</returns>
    public IReadOnlyList<SpelledToken> End()
    {
        var first = _told.Count;
        if (_waiting.TryPeek(out var token) && Untold().Length is > 0 and var rest) Tell(token, rest, rest);
        Skip();
        return _told[first..];
    }

    // As far as both go.
    private static bool Agree(ReadOnlySpan<byte> own, ReadOnlySpan<byte> written) =>
        own.Length <= written.Length ? written.StartsWith(own) : own.StartsWith(written);

    private ReadOnlySpan<byte> Untold() => CollectionsMarshal.AsSpan(_bytes)[_toldBytes..];

    private byte[] Bytes(TokenChoice token) => tokenizer()?.GetPieceBytes(token.Id) ?? [];

    private void Tell(TokenChoice token, int bytes, int written)
    {
        _told.Add(new SpelledToken(token, bytes));
        _toldBytes += written;
    }
}
