using System.Numerics.Tensors;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Divides the scores: below 1 sharpens the distribution, above 1 flattens it.</summary>
internal sealed class TemperatureProcessor(double temperature) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens) => TensorPrimitives.Divide(scores.Values, (float)temperature, scores.Values);
}
