namespace Gemma.Runtime.Models.Architecture;

/// <summary>A rotary embedding: half-split, pair j of an attention head turns by position · frequency j.</summary>
/// <param name="HeadSize">Width of the attention heads that are rotated.</param>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="Factor">Divides the frequencies, as if positions were closer together (linear scaling).</param>
/// <param name="RotatedShare">The share of pairs, the fastest first, that turn; the others stand still.</param>
internal sealed record RotaryPlan(int HeadSize, double Theta, double Factor = 1, double RotatedShare = 1)
{
    /// <summary>The frequencies in transformers' arithmetic, which is binary32, [head size / 2].</summary>
    public float[] Frequencies()
    {
        var frequencies = new float[HeadSize / 2];
        var turning = (int)(RotatedShare * HeadSize / 2);
        for (var j = 0; j < turning; j++) frequencies[j] = 1f / (float)Math.Pow(Theta, 2f * j / HeadSize) / (float)Factor;
        return frequencies;
    }
}
