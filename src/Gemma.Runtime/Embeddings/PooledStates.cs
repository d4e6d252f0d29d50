namespace Gemma.Runtime.Embeddings;

/// <summary>Pools the states of a text's tokens as they come.</summary>
internal sealed class PooledStates(int hiddenSize, EmbeddingPooling pooling)
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
            for (var i = 0; i < hiddenSize; i++) _pooled[i] = Next(_pooled[i], states[i], position);
        }
    }

    /// <summary>The vector.</summary>
    /// <param name="count">Tokens of the text.</param>
    public float[] ToVector(int count)
    {
        var divisor = pooling switch
        {
            EmbeddingPooling.Mean => count,
            EmbeddingPooling.MeanSqrtLength => Math.Sqrt(count),
            EmbeddingPooling.WeightedMean => count * (count + 1.0) / 2,
            _ => 1,
        };
        return [.. _pooled.Select(value => (float)(value / divisor))];
    }

    private double Next(double pooled, float state, int position) => pooling switch
    {
        EmbeddingPooling.LastToken => state,
        EmbeddingPooling.FirstToken => position == 0 ? state : pooled,
        EmbeddingPooling.Max => position == 0 ? state : Math.Max(pooled, state),
        EmbeddingPooling.WeightedMean => pooled + ((position + 1.0) * state),
        _ => pooled + state,
    };
}
