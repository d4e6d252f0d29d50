using System.Security.Cryptography;
using System.Text.Json;
using Gemma.Conversion.Checkpoints.Flax;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>What flax.serialization writes: every header width, element type and chunked arrays.</summary>
public sealed class FlaxFileTests
{
    [Fact]
    public void Open_FilesOfFlax_GiveTheExpectedArrays()
    {
        var folder = Path.Combine(FormatGoldens.Root, "msgpack", "good");
        using var values = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "values.json")));
        foreach (var file in values.RootElement.EnumerateObject())
        {
            using var archive = FlaxFile.Open(Path.Combine(folder, file.Name));
            Assert.Equal(Check(file.Name, archive, string.Empty, file.Value), archive.Tensors.Count);
        }
    }

    private static int Check(string file, TensorArchive archive, string prefix, JsonElement values)
    {
        var count = 0;
        foreach (var entry in values.EnumerateObject())
        {
            var name = prefix + entry.Name;
            var kind = entry.Value.TryGetProperty("kind", out var text) ? text.GetString() : null;
            if (kind is null) count += Check(file, archive, name + "/", entry.Value);
            if (kind is not ("ndarray" or "npscalar")) continue;
            count++;
            CheckArray($"{file}: {name}", archive.Tensors[name], entry.Value);
        }

        return count;
    }

    private static void CheckArray(string what, StridedTensor tensor, JsonElement expected)
    {
        if (expected.TryGetProperty("shape", out var shape)) Assert.Equal(shape.EnumerateArray().Select(size => size.GetInt64()), tensor.Shape);
        var bytes = new byte[tensor.Source.Length];
        tensor.ReadRaw(0, bytes);
        if (expected.TryGetProperty("sha256_of_raw", out var hash))
        {
            Assert.Equal(hash.GetString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
            return;
        }

        double[] numbers = expected.TryGetProperty("flat", out var flat)
            ? [.. flat.EnumerateArray().SelectMany(Numbers)]
            : [.. Numbers(expected.GetProperty("value"))];
        Assert.True(numbers.SequenceEqual(Values(tensor.DataType, bytes)), $"{what} is [{string.Join(", ", Values(tensor.DataType, bytes))}]");
    }

    private static IEnumerable<double> Numbers(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().Select(part => part.GetDouble()),
        JsonValueKind.Number => [value.GetDouble()],
        _ => [value.GetBoolean() ? 1 : 0],
    };

    private static IEnumerable<double> Values(TensorDataType type, byte[] bytes)
    {
        var size = type == TensorDataType.Complex64 ? sizeof(float) : ElementSize.Of(type);
        for (var i = 0; i < bytes.Length; i += size)
        {
            yield return type switch
            {
                TensorDataType.Float32 or TensorDataType.Complex64 => BitConverter.ToSingle(bytes, i),
                TensorDataType.Float64 => BitConverter.ToDouble(bytes, i),
                TensorDataType.Float16 => (double)BitConverter.ToHalf(bytes, i),
                TensorDataType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, i) << 16),
                TensorDataType.Int64 => BitConverter.ToInt64(bytes, i),
                TensorDataType.Int32 => BitConverter.ToInt32(bytes, i),
                TensorDataType.Int16 => BitConverter.ToInt16(bytes, i),
                TensorDataType.Int8 => (sbyte)bytes[i],
                _ => bytes[i],
            };
        }
    }
}
