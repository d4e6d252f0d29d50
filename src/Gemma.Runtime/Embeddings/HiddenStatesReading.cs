using Gemma.Runtime.Generation.Pooling;

namespace Gemma.Runtime.Embeddings;

/// <summary>Reads a text and keeps the last layer's state of every token.</summary>
internal sealed class HiddenStatesReading(ReadOnlyMemory<int> tokens, int hiddenSize, CancellationToken cancellationToken)
    : PoolingRequest<float[][]>(tokens, cancellationToken)
{
    private readonly List<float[]> _rows = [];

    public override void Accept(int position, ReadOnlySpan<float> states)
    {
        for (; !states.IsEmpty; states = states[hiddenSize..]) _rows.Add(states[..hiddenSize].ToArray());
    }

    protected override float[][] ToResult() => [.. _rows];
}
