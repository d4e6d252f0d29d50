namespace Gemma.Conversion.Calibration;

/// <summary>A part of a longer work's progress.</summary>
/// <param name="inner">Receives the whole work's progress, or null.</param>
/// <param name="from">Bytes done before this part.</param>
/// <param name="bytes">Bytes that this part counts as.</param>
/// <param name="total">Bytes of the whole work.</param>
internal sealed class CalibrationProgress(IProgress<ConversionProgress>? inner, long from, long bytes, long total) : IProgress<ConversionProgress>
{
    /// <inheritdoc/>
    public void Report(ConversionProgress value) => Report(value.BytesDone, value.BytesTotal);

    /// <summary>Reports a share of this part.</summary>
    public void Report(long done, long of) => inner?.Report(new ConversionProgress(from + (long)((double)bytes * done / Math.Max(1, of)), total));
}
