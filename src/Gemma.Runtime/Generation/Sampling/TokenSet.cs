namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Tells which tokens of a text are new, without allocating per step.</summary>
internal sealed class TokenSet(int vocabularySize)
{
    private readonly ulong[] _bits = new ulong[(vocabularySize + 63) / 64];

    /// <summary>Adds a token of the vocabulary.</summary>
    /// <returns>Whether it was missing; false for a token outside the vocabulary.</returns>
    public bool Add(int token)
    {
        if ((uint)token >= (uint)vocabularySize) return false;
        ref var word = ref _bits[token >> 6];
        var before = word;
        word |= 1UL << (token & 63);
        return word != before;
    }

    /// <summary>Takes tokens out again.</summary>
    public void Remove(ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if ((uint)token < (uint)vocabularySize) _bits[token >> 6] &= ~(1UL << (token & 63));
        }
    }
}
