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
    private int _bytes;
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
        _bytes += Encoding.UTF8.GetByteCount(text);
        var first = _told.Count;
        while (_waiting.TryPeek(out var token) && _toldBytes + Length(token) <= _bytes) Tell(_waiting.Dequeue(), Length(token));
        return _told[first..];
    }

    /// <summary>What was generated became something else than content.</summary>
    public void Skip()
    {
        _waiting.Clear();
        _toldBytes = _bytes;
    }

    /// <summary>The answer is complete.</summary>
    /// <returns>The token whose text was written in part, if there is one.</returns>
    public IReadOnlyList<SpelledToken> End()
    {
        var first = _told.Count;
        if (_waiting.TryPeek(out var token) && _bytes > _toldBytes) Tell(token, _bytes - _toldBytes);
        Skip();
        return _told[first..];
    }

    private int Length(TokenChoice token) => tokenizer()?.GetPieceBytes(token.Id).Length ?? 0;

    private void Tell(TokenChoice token, int bytes)
    {
        _told.Add(new SpelledToken(token, bytes));
        _toldBytes += bytes;
    }
}
