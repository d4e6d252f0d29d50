namespace Gemma.Runtime.Embeddings;

/// <summary>Pools the states of a text's tokens as they come.</summary>
/// <param name="hiddenSize">Width of a state.</param>
/// <param name="pooling">How.</param>
/// <param name="skipped">Tokens at the beginning that are left out: the prompt, where the model was trained so.</param>
internal sealed class PooledStates(int hiddenSize, EmbeddingPooling pooling, int skipped = 0)
{
    // Summed in double precision: the mean of a long text must not depend on how it was cut into pieces.
    private readonly double[] _pooled = new double[hiddenSize];

    /// <summary>Takes consecutive positions.</summary>
    /// <param name="position">The first position.</param>
    /// <param name="states">[positions, hidden].</param>
    public void Add(int position, ReadOnlySpan<float> states)
    {
        for (; !states.IsEmpty; states = states[hiddenSize..], position++)
        {
            if (position < skipped && pooling != EmbeddingPooling.LastToken) continue;
            for (var i = 0; i < hiddenSize; i++) _pooled[i] = Next(_pooled[i], states[i], position);
        }
    }

    /// <summary>The vector.</summary>
    /// <param name="count">Tokens of the text.</param>
    public float[] ToVector(int count)
    {
        var left = Math.Min(skipped, count);
        var divisor = pooling switch
        {
            EmbeddingPooling.Mean => count - left,
            EmbeddingPooling.MeanSqrtLength => Math.Sqrt(count - left),
            EmbeddingPooling.WeightedMean => ((count * (count + 1.0)) - (left * (left + 1.0))) / 2,
            _ => 1,
        };

        // Nothing left to pool, as of a text cut within its prompt: all sums are 0.
        return divisor == 0 ? new float[hiddenSize] : [.. _pooled.Select(value => (float)(value / divisor))];
    }

    private double Next(double pooled, float state, int position) => pooling switch
    {
        EmbeddingPooling.LastToken => state,
        EmbeddingPooling.FirstToken => position == skipped ? state : pooled,
        EmbeddingPooling.Max => position == skipped ? state : Math.Max(pooled, state),
        EmbeddingPooling.WeightedMean => pooled + ((position + 1.0) * state),
        _ => pooled + state,
    };
}
