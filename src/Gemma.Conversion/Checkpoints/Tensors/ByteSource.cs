namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>A run of bytes in checkpoint files, readable at any position from any thread.</summary>
internal abstract class ByteSource
{
    /// <summary>Its bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Copies bytes.</summary>
    /// <param name="offset">From the run's begin.</param>
    /// <param name="destination">Receives the bytes; its length decides how many.</param>
    public abstract void Read(long offset, Span<byte> destination);
}
