namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>A few bytes that a container keeps inside its index.</summary>
internal sealed class MemorySource(byte[] bytes) : ByteSource
{
    public override long Length => bytes.Length;

    public override void Read(long offset, Span<byte> destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
