using System.Buffers.Binary;
using System.Text;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>
/// Lists a zip archive whose entries are stored as they are. The platform's reader would do for copying, but not for reading one entry at many places at
/// once. Source: PKWARE's APPNOTE.
/// </summary>
internal static class ZipDirectory
{
    private const int EndBytes = 22;
    private const int LocatorBytes = 20;
    private const int End64Bytes = 56;
    private const int HeaderBytes = 46;
    private const int LocalBytes = 30;
    private const int MaxCommentBytes = 65535;
    private const int MaxDirectoryBytes = 64 << 20;
    private const ushort Encrypted = 1;

    /// <summary>The entries by name.</summary>
    /// <exception cref="InvalidModelException">The archive is damaged, or an entry's name, place or size is not acceptable.</exception>
    public static Dictionary<string, ZipEntry> Read(CheckpointFile file)
    {
        var (start, length, count) = FindDirectory(file);
        var directory = new byte[length];
        file.Read(start, directory);
        Dictionary<string, ZipEntry> entries = new(StringComparer.Ordinal);
        var rest = directory.AsSpan();
        for (var i = 0L; i < count; i++)
        {
            var entry = ReadEntry(file, start, ref rest);
            if (!entries.TryAdd(entry.Name, entry)) throw file.Error(entry.Name, "the archive holds the entry twice");
        }

        return rest.IsEmpty ? entries : throw Damaged(file);
    }

    private static (long Start, int Length, long Count) FindDirectory(CheckpointFile file)
    {
        var tail = new byte[Math.Min(file.Length, EndBytes + MaxCommentBytes)];
        file.Read(file.Length - tail.Length, tail);
        var end = tail.Length - EndBytes;
        while (end >= 0 && !(Signature(tail.AsSpan(end), 0x06054B50) && end + EndBytes + UInt16(tail, end + 20) == tail.Length)) end--;
        if (end < 0) throw file.Error(null, "the zip archive has no end; the file was cut off, download it again");

        var (count, length, start) = ((long)UInt16(tail, end + 10), (long)UInt32(tail, end + 12), (long)UInt32(tail, end + 16));
        var endPosition = file.Length - tail.Length + end;
        if (endPosition >= LocatorBytes)
        {
            Span<byte> locator = stackalloc byte[LocatorBytes];
            file.Read(endPosition - LocatorBytes, locator);
            if (Signature(locator, 0x07064B50))
            {
                var position = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
                if (position < 0 || position > endPosition - LocatorBytes - End64Bytes) throw Damaged(file);
                Span<byte> end64 = stackalloc byte[End64Bytes];
                file.Read(position, end64);
                if (!Signature(end64, 0x06064B50)) throw Damaged(file);
                (count, length, start) = (BinaryPrimitives.ReadInt64LittleEndian(end64[32..]), BinaryPrimitives.ReadInt64LittleEndian(end64[40..]),
                    BinaryPrimitives.ReadInt64LittleEndian(end64[48..]));
                endPosition = position;
            }
        }

        if (start < 0 || length < 0 || length > MaxDirectoryBytes || start > endPosition - length || count < 0 || count > length / HeaderBytes)
            throw Damaged(file);
        return (start, (int)length, count);
    }

    private static ZipEntry ReadEntry(CheckpointFile file, long directoryStart, ref Span<byte> rest)
    {
        if (rest.Length < HeaderBytes || !Signature(rest, 0x02014B50)) throw Damaged(file);
        var (nameLength, extraLength, commentLength) = (UInt16(rest, 28), UInt16(rest, 30), UInt16(rest, 32));
        var total = HeaderBytes + nameLength + extraLength + commentLength;
        if (rest.Length < total) throw Damaged(file);
        var nameBytes = rest.Slice(HeaderBytes, nameLength);
        var name = Name(file, nameBytes);
        if (UInt16(rest, 10) != 0) throw file.Error(name, "the entry is compressed, which PyTorch never does; save the file again with torch.save");
        if ((UInt16(rest, 8) & Encrypted) != 0) throw file.Error(name, "the entry is encrypted");
        var (stored, length, offset) = Sizes(file, rest, rest.Slice(HeaderBytes + nameLength, extraLength));
        if (stored != length) throw file.Error(name, "the entry is not compressed, but its two sizes differ");

        Span<byte> local = stackalloc byte[LocalBytes];
        if (offset < 0 || offset > directoryStart - LocalBytes) throw file.Error(name, "the entry begins outside the file");
        file.Read(offset, local);
        var data = offset + LocalBytes + UInt16(local, 26) + UInt16(local, 28);
        if (!Signature(local, 0x04034B50) || UInt16(local, 8) != 0 || UInt16(local, 26) != nameLength || data > directoryStart)
            throw file.Error(name, "the entry's own header is not what the directory says");
        var localName = new byte[nameLength];
        file.Read(offset + LocalBytes, localName);
        if (!nameBytes.SequenceEqual(localName)) throw file.Error(name, "the entry's own header is not what the directory says");
        if (length < 0 || length > directoryStart - data)
            throw file.Error(name, $"the entry's {length} bytes reach beyond the file; it was cut off, download it again");
        var crc = UInt32(rest, 16);
        rest = rest[total..];
        return new ZipEntry(name, data, length, crc);
    }

    // Sizes that do not fit 32 bits are in an extra field, in this order.
    private static (long Stored, long Length, long Offset) Sizes(CheckpointFile file, ReadOnlySpan<byte> header, ReadOnlySpan<byte> extra)
    {
        const ushort Zip64 = 1;
        long[] sizes = [UInt32(header, 24), UInt32(header, 20), UInt32(header, 42)];
        for (; extra.Length >= 4; extra = extra[(4 + UInt16(extra, 2))..])
        {
            var field = extra[4..];
            if (field.Length < UInt16(extra, 2)) throw Damaged(file);
            field = field[..UInt16(extra, 2)];
            if (UInt16(extra, 0) != Zip64) continue;
            for (var i = 0; i < sizes.Length && field.Length >= sizeof(long); i++)
            {
                if (sizes[i] != uint.MaxValue) continue;
                sizes[i] = BinaryPrimitives.ReadInt64LittleEndian(field);
                field = field[sizeof(long)..];
            }
        }

        return (sizes[1], sizes[0], sizes[2]);
    }

    private static string Name(CheckpointFile file, ReadOnlySpan<byte> bytes)
    {
        var name = Encoding.UTF8.GetString(bytes);
        return name.Length > 0 && name[0] != '/' && !name.AsSpan().ContainsAny('\\', '\0', ':') && !name.Split('/').Contains("..")
            ? name
            : throw file.Error(name.Replace('\0', '?'), "the name of the entry leads outside the archive");
    }

    private static bool Signature(ReadOnlySpan<byte> bytes, uint expected) => BinaryPrimitives.ReadUInt32LittleEndian(bytes) == expected;

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static InvalidModelException Damaged(CheckpointFile file) => file.Error(null, "the zip archive's directory is damaged; download the file again");
}
