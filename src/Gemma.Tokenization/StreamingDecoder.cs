using System.Buffers;
using System.Text;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization;

/// <summary>Turns ids into text one at a time, for showing a reply while it is generated. The texts join to that of the whole.</summary>
/// <remarks>Never gives U+FFFD for a character that is merely incomplete. Not thread-safe; one decoder per sequence.</remarks>
public sealed class StreamingDecoder
{
    private const char Replacement = '\uFFFD';

    private readonly PieceDecoder _pieces;
    private readonly bool _skipSpecialTokens;
    private readonly StreamingMode _mode;
    private readonly List<byte> _run = [];

    // Eager only: the run has given out U+FFFD, so the rest of it follows.
    private bool _broken;

    internal StreamingDecoder(PieceDecoder pieces, bool skipSpecialTokens, StreamingMode mode)
    {
        _pieces = pieces;
        _skipSpecialTokens = skipSpecialTokens;
        _mode = mode;
    }

    /// <summary>Adds the next id.</summary>
    /// <param name="id">A token id; one without a piece is passed over.</param>
    /// <returns>The text that is certain now; often empty after a byte piece.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is negative.</exception>
    public string Append(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (_pieces.IsSkipped(id, _skipSpecialTokens)) return string.Empty;
        var value = _pieces.ByteValue(id);
        if (value < 0)
        {
            var text = _pieces.GetText(id);
            return _run.Count == 0 && !_broken ? text : Flush() + text;
        }

        if (_broken) return Replacement.ToString();
        _run.Add((byte)value);
        return _mode == StreamingMode.Exact ? string.Empty : TakeCharacter();
    }

    /// <summary>Gives out what is held, as the end of the text.</summary>
    /// <returns>The rest; U+FFFD for each byte of an incomplete character. The decoder is as new afterwards.</returns>
    public string Flush()
    {
        var text = Utf8Run.GetText(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_run));
        _run.Clear();
        _broken = false;
        return text;
    }

    private string TakeCharacter()
    {
        Span<byte> bytes = stackalloc byte[_run.Count];
        _run.CopyTo(bytes);
        var status = Rune.DecodeFromUtf8(bytes, out var rune, out _);
        if (status == OperationStatus.NeedMoreData) return string.Empty;
        _run.Clear();
        if (status == OperationStatus.Done) return rune.ToString();
        _broken = true;
        return new string(Replacement, bytes.Length);
    }
}
