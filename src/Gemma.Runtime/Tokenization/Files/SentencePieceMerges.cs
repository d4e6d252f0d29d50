using System.Runtime.CompilerServices;
using System.Text;

namespace Gemma.Runtime.Tokenization.Files;

/// <summary>The merge list that transformers derives from the pieces and scores of a SentencePiece model.</summary>
/// <remarks>
/// Source: transformers' <c>generate_merges</c>: every split of every piece into two pieces, best score first, then the longer left half, then the longer right half.
/// </remarks>
internal static class SentencePieceMerges
{
    /// <summary>Builds the list.</summary>
    /// <exception cref="FormatException">There are more merges than supported.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static MergeTable Build(PieceTable pieces, List<float> scores)
    {
        var merges = new MergeTable(pieces.Count * 2);
        var order = BestFirst(scores);
        for (var first = 0; first < order.Length;)
        {
            var end = first + 1;
            while (end < order.Length && scores[order[end]] == scores[order[first]]) end++;
            if (end == first + 1) AddSplits(pieces, order[first], merges);
            else AddGroup(pieces, order.AsSpan(first, end - first), merges);
            first = end;
        }

        return merges;
    }

    // Ids by falling score, those of one score in their order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] BestFirst(List<float> scores)
    {
        var keys = new ulong[scores.Count];
        for (var id = 0; id < keys.Length; id++)
        {
            // The bits of a float, of negative ones inverted, sort as the numbers do. Subtracting makes both zeros one.
            var bits = BitConverter.SingleToUInt32Bits(0 - scores[id]);
            keys[id] = ((ulong)((bits & 0x8000_0000) == 0 ? bits | 0x8000_0000 : ~bits) << 32) | (uint)id;
        }

        Array.Sort(keys);
        var ids = new int[keys.Length];
        for (var i = 0; i < ids.Length; i++) ids[i] = (int)(uint)keys[i];
        return ids;
    }

    // Within one piece, the longer left half comes first.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSplits(PieceTable pieces, int id, MergeTable merges)
    {
        var piece = pieces[id];
        for (var length = piece.Length - 1; length > 0; length--)
        {
            if (TrySplit(pieces, piece, length, out var left, out var right)) merges.Add(left, right, id);
        }
    }

    private static void AddGroup(PieceTable pieces, ReadOnlySpan<int> ids, MergeTable merges)
    {
        List<(int LeftLength, int RightLength, int Left, int Right, int Result)> splits = [];
        foreach (var id in ids)
        {
            var piece = pieces[id];
            for (var length = piece.Length - 1; length > 0; length--)
            {
                if (TrySplit(pieces, piece, length, out var left, out var right))
                    splits.Add((Encoding.UTF8.GetCharCount(piece[..length]), Encoding.UTF8.GetCharCount(piece[length..]), left, right, id));
            }
        }

        foreach (var split in splits.OrderByDescending(split => split.LeftLength).ThenByDescending(split => split.RightLength)) merges.Add(split.Left, split.Right, split.Result);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TrySplit(PieceTable pieces, ReadOnlySpan<byte> piece, int length, out int left, out int right)
    {
        (left, right) = (-1, -1);
        if ((piece[length] & 0xC0) == 0x80) return false;
        right = pieces.Find(piece[length..]);
        if (right < 0) return false;
        left = pieces.Find(piece[..length]);
        return left >= 0;
    }
}
