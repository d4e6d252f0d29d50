using System.Globalization;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Calibration;

/// <summary>What calibration takes, known before it starts.</summary>
/// <param name="MemoryBytes">The most memory at once.</param>
/// <param name="DiskBytes">Temporary files.</param>
internal sealed record CalibrationCost(long MemoryBytes, long DiskBytes)
{
    /// <summary>Estimates the work: first the float model writes and reads texts, then one input's second moment after another is factored.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="floatBytes">The float weights.</param>
    /// <param name="inputs">The values to record.</param>
    /// <param name="textLength">The most tokens of a text.</param>
    /// <param name="tokens">The most tokens of all texts.</param>
    public static CalibrationCost Estimate(GemmaConfig config, long floatBytes, IReadOnlyList<CalibratedInput> inputs, int textLength, long tokens)
    {
        var cache = config.Plan.KeyValueLayout.ElementsPerToken * sizeof(float) * SelfText.Rows * textLength;
        var shown = inputs.Sum(input => (long)input.Width);
        var matrix = inputs.Max(input => (long)input.Width * input.Width * sizeof(float));
        return new CalibrationCost(Math.Max(floatBytes + Math.Max(cache, shown * textLength * sizeof(float)), matrix), floatBytes
            + (shown * tokens * ActivationStore.ElementSize));
    }

    /// <summary>Refuses work that the machine has no memory for.</summary>
    /// <exception cref="GemmaException">There is too little memory.</exception>
    public void EnsureFits(string checkpoint, long availableBytes)
    {
        if (MemoryBytes <= availableBytes) return;
        throw new GemmaException(string.Create(CultureInfo.InvariantCulture,
            $"Calibrating {checkpoint} takes about {MemoryBytes / 1e9:0.0} GB of memory, and this machine has {availableBytes / 1e9:0.0} GB: use a larger "
                + $"one, or convert without calibration (--zero-points is the next best)."));
    }
}
