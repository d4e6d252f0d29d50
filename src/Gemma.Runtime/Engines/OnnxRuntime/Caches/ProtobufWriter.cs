using System.Buffers;
using System.Text;
using Gemma.IO;

namespace Gemma.Runtime.Engines.OnnxRuntime.Caches;

/// <summary>Writes the fields of a protobuf message.</summary>
internal sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.WrittenSpan;

    /// <summary>Writes a field as <see cref="ProtobufReader.Whole"/> gives it.</summary>
    public ProtobufWriter Copy(ReadOnlySpan<byte> whole)
    {
        _buffer.Write(whole);
        return this;
    }

    /// <summary>Writes a text or a message.</summary>
    public ProtobufWriter Add(int field, ReadOnlySpan<byte> content)
    {
        Write(((ulong)field << 3) | 2);
        Write((ulong)content.Length);
        return Copy(content);
    }

    /// <summary>Writes a text.</summary>
    public ProtobufWriter Add(int field, string text) => Add(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a whole number.</summary>
    public ProtobufWriter Add(int field, long number)
    {
        Write((ulong)field << 3);
        Write((ulong)number);
        return this;
    }

    private void Write(ulong number)
    {
        var bytes = _buffer.GetSpan(10);
        var count = 0;
        for (; number >= 0x80; number >>= 7) bytes[count++] = (byte)(number | 0x80);
        bytes[count++] = (byte)number;
        _buffer.Advance(count);
    }
}
