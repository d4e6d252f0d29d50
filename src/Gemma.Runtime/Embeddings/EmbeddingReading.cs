using System.Numerics.Tensors;
using Gemma.Runtime.Generation.Pooling;

namespace Gemma.Runtime.Embeddings;

/// <summary>Reads a text and pools its last hidden states.</summary>
internal sealed class EmbeddingReading(ReadOnlyMemory<int> tokens, int hiddenSize, EmbeddingPooling pooling, CancellationToken cancellationToken)
    : PoolingRequest<(float[] Vector, int Tokens)>(tokens, cancellationToken)
{
    private readonly PooledStates _pooled = new(hiddenSize, pooling);

    public override void Accept(int position, ReadOnlySpan<float> states)
    {
        if (!TensorPrimitives.IsFiniteAll(states)) throw new EngineException("The model computed NaN or infinite states: its weights are damaged, or float16 overflowed; convert the checkpoint to fp32 or int8.");
        _pooled.Add(position, states);
    }

    protected override (float[] Vector, int Tokens) ToResult() => (_pooled.ToVector(Tokens.Length), Tokens.Length);
}
