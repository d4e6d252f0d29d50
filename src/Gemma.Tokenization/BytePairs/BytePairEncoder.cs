using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gemma.Tokenization.BytePairs;

/// <summary>Byte-pair encoding of text without added tokens: characters to ids, then merges by rank, equal ranks leftmost first.</summary>
/// <remarks>Source: tokenizers' <c>BPE</c> model with <c>byte_fallback</c>, after the normalizer that writes U+2581 for a space. Thread-safe.</remarks>
internal sealed class BytePairEncoder
{
    /// <summary>The character that stands for a space in pieces.</summary>
    public const char Space = '\u2581';

    // Words up to this length are merged by scanning for the best pair; in longer ones a heap keeps the cost at n log n.
    private const int ShortWord = 32;
    private const int BytesPerUnit = 3;

    private readonly MergeTable _merges;
    private readonly int[] _characters;
    private readonly Dictionary<int, int> _supplementary;
    private readonly int[] _bytes;
    private readonly bool _wordsBeginWithSpaces;

    /// <param name="merges">The merges.</param>
    /// <param name="characters">Ids of the 65,536 characters of the basic plane, -1 where there is none.</param>
    /// <param name="supplementary">Ids of characters above it.</param>
    /// <param name="bytes">Ids of the 256 byte pieces.</param>
    /// <param name="wordsBeginWithSpaces">Whether no merge joins a space to the end of something else, so that the text before a space never depends on what
    /// follows.</param>
    public BytePairEncoder(MergeTable merges, int[] characters, Dictionary<int, int> supplementary, int[] bytes, bool wordsBeginWithSpaces)
    {
        _merges = merges;
        _characters = characters;
        _supplementary = supplementary;
        _bytes = bytes;
        _wordsBeginWithSpaces = wordsBeginWithSpaces;
        _characters[' '] = _characters[Space];
    }

    /// <summary>Encodes text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="offset">Its place in the whole text.</param>
    /// <param name="output">Receives the ids.</param>
    public void Encode(ReadOnlySpan<char> text, int offset, ref TokenBuffer output)
    {
        while (!text.IsEmpty && !output.IsBeyondLimit)
        {
            var length = _wordsBeginWithSpaces ? WordLength(text) : text.Length;
            if (length <= ShortWord) EncodeShort(text[..length], offset, ref output);
            else EncodeLong(text[..length], offset, ref output);
            offset += length;
            text = text[length..];
        }
    }

    // Spaces and what follows, up to the next space.
    private static int WordLength(ReadOnlySpan<char> text)
    {
        var spaces = 0;
        while (spaces < text.Length && text[spaces] is ' ' or Space) spaces++;
        var end = text[spaces..].IndexOfAny(' ', Space);
        return end < 0 ? text.Length : spaces + end;
    }

    [SkipLocalsInit]
    private void EncodeShort(ReadOnlySpan<char> word, int offset, ref TokenBuffer output)
    {
        Span<int> ids = stackalloc int[ShortWord * BytesPerUnit];
        Span<int> starts = stackalloc int[ShortWord * BytesPerUnit];
        Span<int> ranks = stackalloc int[ShortWord * BytesPerUnit];
        var count = Split(word, ids, starts);
        if (count > 1)
        {
            for (var i = 0; i < count - 1; i++) ranks[i] = _merges.Rank(ids[i], ids[i + 1]);
            count = MergeByScan(ids[..count], starts[..count], ranks[..(count - 1)]);
        }

        output.AddWord(ids[..count], starts[..count], offset, word.Length);
    }

    // ranks[i] is that of the pair i, i + 1. Returns how many ids remain.
    private int MergeByScan(Span<int> ids, Span<int> starts, Span<int> ranks)
    {
        while (true)
        {
            var best = 0;
            var rank = MergeTable.NoMerge;
            for (var i = 0; i < ranks.Length; i++)
            {
                if (ranks[i] >= rank) continue;
                rank = ranks[i];
                best = i;
            }

            if (rank == MergeTable.NoMerge) return ids.Length;
            ids[best] = _merges.Result(rank);
            ids[(best + 2)..].CopyTo(ids[(best + 1)..]);
            starts[(best + 2)..].CopyTo(starts[(best + 1)..]);
            ids = ids[..^1];
            starts = starts[..^1];
            if (ids.Length == 1) return 1;
            ranks[(best + 1)..].CopyTo(ranks[best..]);
            ranks = ranks[..^1];
            if (best > 0) ranks[best - 1] = _merges.Rank(ids[best - 1], ids[best]);
            if (best < ranks.Length) ranks[best] = _merges.Rank(ids[best], ids[best + 1]);
        }
    }

    private void EncodeLong(ReadOnlySpan<char> word, int offset, ref TokenBuffer output)
    {
        var capacity = word.Length * BytesPerUnit;
        var ids = ArrayPool<int>.Shared.Rent(capacity);
        var starts = ArrayPool<int>.Shared.Rent(capacity);
        var count = Split(word, ids, starts);
        using (var heap = new MergeHeap(_merges, ids.AsSpan(0, count)))
        {
            count = heap.MergeAll(starts.AsSpan(0, count));
        }

        output.AddWord(ids.AsSpan(0, count), starts.AsSpan(0, count), offset, word.Length);
        ArrayPool<int>.Shared.Return(ids);
        ArrayPool<int>.Shared.Return(starts);
    }

    // Characters to ids; characters without a piece to those of their UTF-8 bytes. Returns how many.
    private int Split(ReadOnlySpan<char> word, Span<int> ids, Span<int> starts)
    {
        var count = 0;
        for (var i = 0; i < word.Length; i++)
        {
            var id = _characters[word[i]];
            if (id >= 0)
            {
                ids[count] = id;
                starts[count++] = i;
                continue;
            }

            // A lone surrogate decodes to U+FFFD, of length 1.
            _ = Rune.DecodeFromUtf16(word[i..], out var rune, out var length);
            count += SplitRune(rune, i, ids[count..], starts[count..]);
            i += length - 1;
        }

        return count;
    }

    private int SplitRune(Rune rune, int start, Span<int> ids, Span<int> starts)
    {
        var id = rune.IsBmp ? _characters[rune.Value] : _supplementary.GetValueOrDefault(rune.Value, -1);
        if (id >= 0)
        {
            ids[0] = id;
            starts[0] = start;
            return 1;
        }

        Span<byte> utf8 = stackalloc byte[4];
        var length = rune.EncodeToUtf8(utf8);
        for (var i = 0; i < length; i++)
        {
            ids[i] = _bytes[utf8[i]];
            starts[i] = start;
        }

        return length;
    }
}
