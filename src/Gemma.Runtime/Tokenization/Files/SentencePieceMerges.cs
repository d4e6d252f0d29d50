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
        var merges = new MergeTable();
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
    private static int[] BestFirst(List<float> scores)
    {
        var keys = new float[scores.Count];
        var ids = new int[scores.Count];
        var sorted = true;
        for (var id = 0; id < keys.Length; id++)
        {
            keys[id] = -scores[id];
            ids[id] = id;
            sorted &= id == 0 || keys[id] >= keys[id - 1];
        }

        if (!sorted) Array.Sort(ids, (a, b) => keys[a].CompareTo(keys[b]) is var byScore and not 0 ? byScore : a.CompareTo(b));
        return ids;
    }

    // Within one piece, the longer left half comes first.
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
