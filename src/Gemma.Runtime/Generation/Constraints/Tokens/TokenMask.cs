using System.Numerics;

namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>A set of ids: a list if they are few, else bits. Immutable.</summary>
internal sealed class TokenMask
{
    private const int MaxListed = 256;
    private readonly ulong[]? _bits;
    private readonly int[] _list = [];

    /// <summary>Creates the set from bits, which it keeps or copies.</summary>
    /// <param name="bits">The ids.</param>
    /// <param name="maxTokens">After any of them, the most tokens that still complete the text.</param>
    public TokenMask(ulong[] bits, int maxTokens)
    {
        MaxTokens = maxTokens;
        var count = bits.Sum(BitOperations.PopCount);
        if (count > MaxListed)
        {
            _bits = bits;
            return;
        }

        _list = new int[count];
        var next = 0;
        for (var word = 0; word < bits.Length; word++)
            for (var rest = bits[word]; rest != 0; rest &= rest - 1) _list[next++] = (word * 64) + BitOperations.TrailingZeroCount(rest);
    }

    /// <summary>The empty set.</summary>
    public static TokenMask None { get; } = new([], 0);

    /// <summary>After any of the ids, the most tokens that still complete the text.</summary>
    public int MaxTokens { get; }

    /// <summary>Whether the set is held as bits, which take memory.</summary>
    public bool IsDense => _bits is not null;

    /// <summary>Sets the scores outside the set, but for some ids, to negative infinity.</summary>
    public void Apply(Span<float> scores, ReadOnlySpan<int> alsoAllowed)
    {
        Span<float> kept = stackalloc float[MaxListed];
        var others = alsoAllowed.Length <= MaxListed ? kept[..alsoAllowed.Length] : new float[alsoAllowed.Length];
        for (var i = 0; i < alsoAllowed.Length; i++) others[i] = alsoAllowed[i] < scores.Length ? scores[alsoAllowed[i]] : 0;
        if (_bits is null) ApplyList(scores);
        else ApplyBits(scores, _bits);
        for (var i = 0; i < alsoAllowed.Length; i++)
            if (alsoAllowed[i] < scores.Length) scores[alsoAllowed[i]] = others[i];
    }

    private void ApplyList(Span<float> scores)
    {
        Span<float> kept = stackalloc float[MaxListed];
        for (var i = 0; i < _list.Length; i++) kept[i] = _list[i] < scores.Length ? scores[_list[i]] : 0;
        scores.Fill(float.NegativeInfinity);
        for (var i = 0; i < _list.Length; i++)
            if (_list[i] < scores.Length) scores[_list[i]] = kept[i];
    }

    private static void ApplyBits(Span<float> scores, ulong[] bits)
    {
        for (var word = 0; word < bits.Length && word * 64 < scores.Length; word++)
        {
            if (bits[word] == ulong.MaxValue) continue;
            var block = scores.Slice(word * 64, Math.Min(64, scores.Length - (word * 64)));
            if (bits[word] == 0) block.Fill(float.NegativeInfinity);
            else
            {
                for (var rest = ~bits[word]; rest != 0; rest &= rest - 1)
                    if (BitOperations.TrailingZeroCount(rest) is var bit && bit < block.Length) block[bit] = float.NegativeInfinity;
            }
        }

        if (bits.Length * 64 < scores.Length) scores[(bits.Length * 64)..].Fill(float.NegativeInfinity);
    }
}
