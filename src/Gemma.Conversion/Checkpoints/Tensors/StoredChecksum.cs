using System.Buffers;
using System.IO.Hashing;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>The CRC-32 that a container states for some bytes.</summary>
internal sealed record StoredChecksum(string Path, string Entry, ByteSource Source, uint Expected)
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Reads the bytes and compares.</summary>
    /// <exception cref="InvalidModelException">They are not what was written.</exception>
    public void Verify(CancellationToken cancellationToken)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            var crc = new Crc32();
            for (var position = 0L; position < Source.Length; position += BlockBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var part = block.AsSpan(0, (int)Math.Min(BlockBytes, Source.Length - position));
                Source.Read(position, part);
                crc.Append(part);
            }

            if (crc.GetCurrentHashAsUInt32() != Expected)
                throw new InvalidModelException(Path, Entry, "the checksum does not match the data; the file is damaged, download it again");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
