using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Compares what readers give, bit by bit.</summary>
internal static class ReaderAssert
{
    public static byte[] Bytes(CheckpointReader reader, string name)
    {
        var tensor = reader.Tensors[name];
        var bytes = new byte[tensor.ElementCount * ElementSize.Of(tensor.DataType)];
        reader.ReadRaw(name, 0, bytes);
        return bytes;
    }

    public static void Equal(CheckpointReader expected, CheckpointReader actual, string what, params string[] extra)
    {
        var missing = expected.Tensors.Keys.Except(actual.Tensors.Keys).ToList();
        var surplus = actual.Tensors.Keys.Except(expected.Tensors.Keys).Except(extra).ToList();
        Assert.True(missing.Count == 0 && surplus.Count == 0, $"{what}: missing {string.Join(", ", missing)}; surplus {string.Join(", ", surplus)}");
        foreach (var (name, tensor) in expected.Tensors)
        {
            var other = actual.Tensors[name];
            Assert.True(tensor.DataType == other.DataType
                && tensor.Shape.SequenceEqual(other.Shape),
                $"{what}: {name} is {other.DataType} [{string.Join(", ", other.Shape)}] instead of {tensor.DataType} [{string.Join(", ", tensor.Shape)}]");
            Assert.True(Bytes(expected, name).AsSpan().SequenceEqual(Bytes(actual, name)), $"{what}: {name} differs");
            CheckParts(actual, name, what);
        }
    }

    /// <summary>Whatever the order of elements in the file, a part read alone equals that part of the whole.</summary>
    public static void CheckParts(CheckpointReader reader, string name, string what)
    {
        if (reader.Tensors[name].DataType == TensorDataType.Complex64) return;
        var count = (int)reader.Tensors[name].ElementCount;
        var whole = new float[count];
        reader.Read(name, 0, whole);
        for (var (start, length) = (0, 1); start < count; start += length, length = (length * 3) + 1)
        {
            var part = new float[Math.Min(length, count - start)];
            reader.Read(name, start, part);
            Assert.True(part.AsSpan().SequenceEqual(whole.AsSpan(start, part.Length)), $"{what}: {name} from {start}, {part.Length} elements");
        }
    }
}
