using System.Numerics.Tensors;
using Gemma.Runtime.Generation.Pooling;

namespace Gemma.Runtime.Embeddings;

/// <summary>Reads a text and pools its last hidden states.</summary>
internal sealed class EmbeddingReading(ReadOnlyMemory<int> tokens, PooledStates pooled, CancellationToken cancellationToken)
    : PoolingRequest<(float[] Vector, int Tokens)>(tokens, cancellationToken)
{
    public override void Accept(int position, ReadOnlySpan<float> states)
    {
        if (!TensorPrimitives.IsFiniteAll(states))
        {
            throw new EngineException(
                "The model computed NaN or infinite states: its weights are damaged, or float16 overflowed; convert the checkpoint to fp32 or int8.");
        }
        pooled.Add(position, states);
    }

    protected override (float[] Vector, int Tokens) ToResult() => (pooled.ToVector(Tokens.Length), Tokens.Length);
}
