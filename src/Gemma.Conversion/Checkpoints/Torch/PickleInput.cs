using System.Buffers.Binary;
using System.Text;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>Reads the numbers and names of a pickle.</summary>
internal sealed class PickleInput(CheckpointFile file, long start, long end) : FileCursor(file, start, end)
{
    private const int MaxLineBytes = 256;

    public ushort ReadUInt16() => (ushort)(ReadByte() | (ReadByte() << 8));

    public int ReadInt32() => ReadUInt16() | (ReadUInt16() << 16);

    public double ReadDouble()
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        ReadBytes(bytes);
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }

    /// <summary>A line of printable ASCII.</summary>
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (var value = ReadByte(); value != '\n'; value = ReadByte())
        {
            if (value is <= 32 or >= 127 || line.Length >= MaxLineBytes) throw Error("a name in the pickle is malformed");
            line.Append((char)value);
        }

        return line.ToString();
    }
}
