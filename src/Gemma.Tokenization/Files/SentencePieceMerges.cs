using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Gemma.Tokenization.BytePairs;

namespace Gemma.Tokenization.Files;

/// <summary>The merge list that transformers derives from the pieces and scores of a SentencePiece model.</summary>
/// <remarks>
/// Source: transformers' <c>generate_merges</c>: every split of every piece into two pieces, best score first, then the longer left half, then the longer right
/// half.
/// </remarks>
internal static class SentencePieceMerges
{
    // Merges are added by about so many.
    private const int Batch = 4096;

    /// <summary>Builds the list.</summary>
    /// <exception cref="FormatException">There are more merges than supported.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static MergeTable Build(PieceTable pieces, List<float> scores)
    {
        var merges = new MergeTable(pieces.Count * 3);
        List<(int Left, int Right, int Result)> splits = [];
        var order = BestFirst(scores);
        for (var i = 0; i < order.Length;)
        {
            var (first, start) = (i, splits.Count);
            do
            {
                pieces.FindSplits((int)(uint)order[i++], splits);
                if (splits.Count > MergeTable.MaxMerges) throw MergeTable.TooMany();
            }
            while (i < order.Length && order[i] >> 32 == order[first] >> 32);

            // Those of one piece are in order.
            if (i > first + 1) Sort(CollectionsMarshal.AsSpan(splits)[start..], pieces);
            if (splits.Count < Batch && i < order.Length) continue;
            merges.AddRange(CollectionsMarshal.AsSpan(splits));
            splits.Clear();
        }

        return merges;
    }

    // Ids in the lower halves, by falling score in the upper ones, those of one score in their order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong[] BestFirst(List<float> scores)
    {
        var keys = new ulong[scores.Count];
        for (var id = 0; id < keys.Length; id++)
        {
            // The bits of a float, of negative ones inverted, sort as the numbers do. Subtracting makes both zeros one.
            var bits = BitConverter.SingleToUInt32Bits(0 - scores[id]);
            keys[id] = ((ulong)((bits & 0x8000_0000) == 0 ? bits | 0x8000_0000 : ~bits) << 32) | (uint)id;
        }

        Array.Sort(keys);
        return keys;
    }

    private static void Sort(Span<(int Left, int Right, int Result)> splits, PieceTable pieces)
    {
        (int, int, int) Key((int Left, int Right, int Result) split) => (-Characters(split.Left), -Characters(split.Right), split.Result);
        int Characters(int id) => Encoding.UTF8.GetCharCount(pieces[id]);
        splits.Sort((a, b) => Key(a).CompareTo(Key(b)));
    }
}
