using System.Text;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Reads a file forward through a small buffer. Lengths are compared with what is left before anything is sized by them.</summary>
internal class FileCursor(CheckpointFile file, long start, long end)
{
    private const int BufferBytes = 1 << 14;
    private const int MaxTextBytes = 1 << 16;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[BufferBytes];
    private long _bufferStart;
    private int _bufferLength;

    /// <summary>The file.</summary>
    public CheckpointFile File => file;

    /// <summary>The next byte's place in the file.</summary>
    public long Position { get; private set; } = start;

    /// <summary>Where reading ends; may be set closer for a part.</summary>
    public long End { get; set; } = end;

    /// <summary>Bytes that are left.</summary>
    public long Left => End - Position;

    public byte ReadByte()
    {
        Need(1);
        var offset = Position - _bufferStart;
        if (offset < 0 || offset >= _bufferLength)
        {
            _bufferStart = Position;
            _bufferLength = (int)Math.Min(BufferBytes, file.Length - Position);
            file.Read(Position, _buffer.AsSpan(0, _bufferLength));
            offset = 0;
        }

        Position++;
        return _buffer[offset];
    }

    public void ReadBytes(Span<byte> destination)
    {
        Need(destination.Length);
        for (var i = 0; i < destination.Length; i++) destination[i] = ReadByte();
    }

    public void Skip(long length)
    {
        Need(length);
        Position += length;
    }

    /// <summary>A UTF-8 text of a stated length.</summary>
    public string ReadText(uint length)
    {
        Need(length);
        if (length > MaxTextBytes) throw Error($"a text of {length} bytes is longer than any name");
        var bytes = new byte[length];
        ReadBytes(bytes);
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw file.Error(null, $"a text before byte {Position} is not UTF-8", e);
        }
    }

    /// <summary>The error at this place.</summary>
    public InvalidModelException Error(string problem) => file.Error(null, $"{problem} (at byte {Position})");

    private void Need(long length)
    {
        if (length > Left) throw Error($"{length} bytes are announced, but {Left} are left; the file was cut off, download it again");
    }
}
