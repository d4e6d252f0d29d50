namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Consecutive bytes of a file; whoever creates it has checked that they are inside.</summary>
internal sealed class FileRegion(CheckpointFile file, long start, long length) : ByteSource
{
    public override long Length => length;

    public override void Read(long offset, Span<byte> destination) => file.Read(start + offset, destination);
}
