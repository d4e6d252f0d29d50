using System.Numerics;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Decompresses Zstandard data, which the platform does not read yet, with no more memory than the window.</summary>
internal static class ZstdDecoder
{
    private const int BufferBytes = 1 << 16;

    // Every decoder should take windows of 8 MiB; larger ones are allocated as the frame says, so only where the content is as large.
    private const int LeastMaxWindowLog = 23;
    private const int MostMaxWindowLog = 27;

    /// <summary>Decompresses all frames.</summary>
    /// <param name="source">The compressed data.</param>
    /// <param name="destination">Receives the content.</param>
    /// <param name="length">The content's bytes, which must be met exactly; null if only the most is known.</param>
    /// <param name="limit">The most bytes of content.</param>
    /// <exception cref="InvalidDataException">The data is malformed, cut off, or of another length.</exception>
    public static void Decompress(Stream source, Stream destination, long? length, long limit)
    {
        var left = length ?? limit;
        try
        {
            var buffer = new byte[BufferBytes];
            using var content = new DecompressionStream(source);
            content.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax,
                Math.Clamp(BitOperations.Log2((ulong)Math.Max(left, 1)) + 1, LeastMaxWindowLog, MostMaxWindowLog));
            while (content.Read(buffer) is > 0 and var count)
            {
                left -= count;
                if (left < 0) throw new InvalidDataException($"the content has more than {length ?? limit} bytes");
                destination.Write(buffer, 0, count);
            }
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException(e.Message, e);
        }

        if (length is not null && left != 0) throw new InvalidDataException($"{length} bytes are expected, {length - left} are there");
    }
}
