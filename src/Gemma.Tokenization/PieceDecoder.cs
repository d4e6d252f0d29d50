using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization;

/// <summary>Ids to text. Thread-safe.</summary>
/// <remarks>
/// Source: tokenizers' decoders <c>Replace</c>, <c>ByteFallback</c> and <c>Fuse</c>; special tokens and unknown ids are dropped before, so they do not
/// interrupt a run of byte pieces.
/// </remarks>
internal sealed class PieceDecoder
{
    // Per id: a byte's value, -1, or this.
    private const short Special = -2;

    private readonly PieceTable _pieces;
    private readonly short[] _kinds;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public PieceDecoder(PieceTable pieces, IEnumerable<AddedToken> added)
    {
        _pieces = pieces;
        _kinds = new short[pieces.End];
        for (var id = 0; id < _kinds.Length; id++) _kinds[id] = (short)PieceText.ByteValue(pieces[id]);
        foreach (var token in added)
        {
            if (token.IsSpecial) _kinds[token.Id] = Special;
        }
    }

    /// <summary>Whether an id is a special token.</summary>
    public bool IsSpecial(int id) => (uint)id < (uint)_kinds.Length && _kinds[id] == Special;

    /// <summary>Whether an id gives no text.</summary>
    public bool IsSkipped(int id, bool skipSpecialTokens) => !_pieces.Contains(id) || (skipSpecialTokens && _kinds[id] == Special);

    /// <summary>The byte that an id stands for, or a negative number.</summary>
    public int ByteValue(int id) => _kinds[id];

    /// <summary>The text of one id that is no byte.</summary>
    public string GetText(int id) => _pieces.GetText(id)!.Replace(BytePairEncoder.Space, ' ');

    /// <summary>The text of one id; empty if it is a byte or unknown.</summary>
    public string GetOwnText(int id) => _pieces.Contains(id) && _kinds[id] < 0 ? GetText(id) : string.Empty;

    /// <summary>The text of ids.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is negative.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var buffer = new Utf8Buffer(ids.Length * 5);
        try
        {
            var runStart = -1;
            foreach (var id in ids)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
                if (IsSkipped(id, skipSpecialTokens)) continue;
                var value = _kinds[id];
                if (value >= 0)
                {
                    if (runStart < 0) runStart = buffer.Length;
                    buffer.Append((byte)value);
                    continue;
                }

                EndRun(ref buffer, ref runStart);
                Append(_pieces[id], ref buffer);
            }

            EndRun(ref buffer, ref runStart);
            return Encoding.UTF8.GetString(buffer.Written);
        }
        finally
        {
            buffer.Dispose();
        }
    }

    private static void EndRun(ref Utf8Buffer buffer, ref int start)
    {
        if (start < 0) return;
        var length = buffer.Length - start;
        if (!Utf8.IsValid(buffer.Written[start..]))
        {
            buffer.Length = start;
            for (var i = 0; i < length; i++) buffer.Append("\uFFFD"u8);
        }

        start = -1;
    }

    private static void Append(ReadOnlySpan<byte> piece, ref Utf8Buffer buffer)
    {
        var space = "\u2581"u8;
        for (var next = piece.IndexOf(space); next >= 0; next = piece.IndexOf(space))
        {
            buffer.Append(piece[..next]);
            buffer.Append((byte)' ');
            piece = piece[(next + space.Length)..];
        }

        buffer.Append(piece);
    }
}
