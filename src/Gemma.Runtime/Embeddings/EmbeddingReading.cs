using System.Numerics.Tensors;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Reading;

namespace Gemma.Runtime.Embeddings;

/// <summary>Reads a text and pools its last hidden states.</summary>
internal sealed class EmbeddingReading(ReadOnlyMemory<int> tokens, int hiddenSize, EmbeddingPooling pooling, CancellationToken cancellationToken)
    : HiddenStateReading<float[]>(tokens, cancellationToken)
{
    // Summed in double precision: the mean of a long text must not depend on how it was cut into pieces.
    private readonly double[] _sum = new double[pooling == EmbeddingPooling.Mean ? hiddenSize : 0];
    private float[] _last = [];

    public override void Accept(int position, ReadOnlySpan<float> states)
    {
        if (!TensorPrimitives.IsFiniteAll(states)) throw new EngineException("The model computed NaN or infinite states: its weights are damaged, or float16 overflowed; convert the checkpoint to fp32 or int8.");
        if (pooling == EmbeddingPooling.LastToken)
        {
            _last = states[^hiddenSize..].ToArray();
            return;
        }

        for (; !states.IsEmpty; states = states[hiddenSize..])
        {
            for (var i = 0; i < hiddenSize; i++) _sum[i] += states[i];
        }
    }

    protected override float[] Result() => pooling == EmbeddingPooling.LastToken ? _last : [.. _sum.Select(sum => (float)(sum / Tokens.Length))];
}
