using System.Buffers.Binary;

namespace Gemma.Conversion.Compression;

/// <summary>Decompresses Zstandard data, which the platform does not read yet, with no more memory than the window. Content checksums are not compared. Source: RFC 8878.</summary>
internal static class ZstdDecoder
{
    private const uint Magic = 0xFD2FB528;
    private const uint SkippableMagic = 0x184D2A50;
    private const int MaxWindowBytes = 128 << 20;
    private const int BlockHeaderBytes = 3;
    private const int ChecksumBytes = 4;

    /// <summary>Decompresses all frames.</summary>
    /// <param name="source">The compressed data.</param>
    /// <param name="destination">Receives the content.</param>
    /// <param name="length">The content's bytes, which must be met exactly; null if only the most is known.</param>
    /// <param name="limit">The most bytes of content.</param>
    /// <exception cref="InvalidDataException">The data is malformed, cut off, or of another length.</exception>
    public static void Decompress(Stream source, Stream destination, long? length, long limit)
    {
        var left = length ?? limit;
        Span<byte> word = stackalloc byte[sizeof(uint)];
        while (source.ReadAtLeast(word, word.Length, throwOnEndOfStream: false) is var count and > 0)
        {
            if (count < word.Length) throw new InvalidDataException("the compressed data is cut off");
            var magic = BinaryPrimitives.ReadUInt32LittleEndian(word);
            if ((magic & 0xFFFFFFF0) == SkippableMagic)
            {
                Read(source, word);
                Skip(source, BinaryPrimitives.ReadUInt32LittleEndian(word));
            }
            else if (magic == Magic)
            {
                DecompressFrame(source, destination, ref left);
            }
            else
            {
                throw new InvalidDataException("this is not Zstandard data");
            }
        }

        if (length is not null && left != 0) throw new InvalidDataException($"{length} bytes are expected, {length - left} are there");
    }

    private static void DecompressFrame(Stream source, Stream destination, ref long left)
    {
        var (window, hasChecksum) = ReadHeader(source, left);
        var blockLimit = Math.Min(window, ZstdBlock.MaxBytes);
        var block = new ZstdBlock();
        var input = new byte[ZstdBlock.MaxBytes];
        var buffer = new byte[(2 * window) + blockLimit];
        var written = 0;
        Span<byte> header = stackalloc byte[BlockHeaderBytes];
        for (var last = false; !last;)
        {
            Read(source, header);
            var value = header[0] | (header[1] << 8) | (header[2] << 16);
            (last, var type, var size) = ((value & 1) != 0, (value >> 1) & 3, value >> 3);
            if (size > blockLimit) throw new InvalidDataException("a block is larger than the window allows");

            // The window slides only now and then.
            if (written + blockLimit > buffer.Length)
            {
                buffer.AsSpan(written - window, window).CopyTo(buffer);
                written = window;
            }

            var start = written;
            var stored = input.AsSpan(0, type == 1 ? 1 : size);
            Read(source, stored);
            switch (type)
            {
                case 0:
                    stored.CopyTo(buffer.AsSpan(written));
                    written += size;
                    break;
                case 1:
                    buffer.AsSpan(written, size).Fill(stored[0]);
                    written += size;
                    break;
                case 2:
                    written = block.Decode(stored, buffer, written, written + blockLimit);
                    break;
                default:
                    throw new InvalidDataException("a block is of an unknown kind");
            }

            if (written - start > left) throw new InvalidDataException("there is more content than expected");
            left -= written - start;
            destination.Write(buffer, start, written - start);
        }

        if (hasChecksum) Skip(source, ChecksumBytes);
    }

    private static (int Window, bool HasChecksum) ReadHeader(Stream source, long left)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Read(source, bytes[..1]);
        var descriptor = bytes[0];
        var (sizeFlag, single, hasChecksum, dictionaryFlag) = (descriptor >> 6, (descriptor & 0x20) != 0, (descriptor & 4) != 0, descriptor & 3);
        if ((descriptor & 8) != 0) throw new InvalidDataException("the frame uses a reserved feature");
        long window = 0;
        if (!single)
        {
            Read(source, bytes[..1]);
            window = 1L << (10 + (bytes[0] >> 3));
            window += window / 8 * (bytes[0] & 7);
        }

        if (dictionaryFlag != 0) throw new InvalidDataException("the data needs a dictionary");
        var sizeBytes = sizeFlag switch { 0 => single ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        bytes.Clear();
        Read(source, bytes[..sizeBytes]);
        var size = BinaryPrimitives.ReadUInt64LittleEndian(bytes) + (sizeBytes == 2 ? 256UL : 0);
        if (sizeBytes > 0 && size > (ulong)left) throw new InvalidDataException($"{size} bytes of content are announced, {left} are expected");
        if (single) window = (long)size;
        return window <= MaxWindowBytes ? (Math.Max(1, (int)window), hasChecksum) : throw new InvalidDataException($"a window of {window} bytes is needed, more than {MaxWindowBytes}");
    }

    private static void Read(Stream source, Span<byte> destination)
    {
        if (source.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) < destination.Length) throw new InvalidDataException("the compressed data is cut off");
    }

    private static void Skip(Stream source, uint length)
    {
        Span<byte> one = stackalloc byte[1];
        for (var i = 0u; i < length; i++) Read(source, one);
    }
}
