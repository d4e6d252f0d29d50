using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Flax;

/// <summary>Opens what flax.serialization wrote: nested maps whose leaves are arrays. Source: Flax, <c>serialization.py</c>.</summary>
internal static class FlaxFile
{
    private const sbyte ArrayType = 1;
    private const sbyte ComplexType = 2;
    private const sbyte ScalarType = 3;
    private const int MaxRank = 16;

    /// <exception cref="InvalidModelException">The file is missing, malformed or cut off.</exception>
    public static TensorArchive Open(string path)
    {
        var file = CheckpointFile.Open(path);
        try
        {
            var archive = new TensorArchive();
            var reader = new MessagePackReader(new FileCursor(file, 0, file.Length), Extension);
            if (reader.Read() is not Dictionary<string, object?> root)
                throw file.Error(null, "the file does not begin with a map of names; it is not a Flax checkpoint");
            if (reader.Input.Left != 0) throw reader.Input.Error($"{reader.Input.Left} bytes follow after the last value");
            Add(file, archive, new NestedNames(file), string.Empty, root);
            archive.Files.Add(file);
            return archive;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void Add(CheckpointFile file, TensorArchive archive, NestedNames names, string prefix, Dictionary<string, object?> map)
    {
        foreach (var (key, value) in map)
        {
            if (value is not (StridedTensor or Dictionary<string, object?>)) continue;
            var name = names.Join(prefix, key);
            var tensor = value switch
            {
                StridedTensor array => array,
                Dictionary<string, object?> chunks when FlaxChunks.Are(chunks) => FlaxChunks.Join(file, name, chunks),
                _ => null,
            };
            if (tensor is null && value is Dictionary<string, object?> inner) Add(file, archive, names, name, inner);
            else if (tensor is not null && !archive.Tensors.TryAdd(name, tensor)) throw file.Error(name, "the name occurs twice");
        }
    }

    private static StridedTensor? Extension(MessagePackReader reader, sbyte type)
    {
        var value = type is ArrayType or ComplexType or ScalarType
            ? reader.Read(depth: 1)
            : throw reader.Input.Error($"an extension of type {type} does not occur in Flax checkpoints");
        return type switch
        {
            ComplexType when value is List<object?> and [double, double] => null,
            ArrayType or ScalarType when value is List<object?> and [List<object?> shape, string dtype, ByteSource data] =>
                Array(reader.Input, shape, dtype, data),
            _ => throw reader.Input.Error("an array is not stored as shape, type and data"),
        };
    }

    private static StridedTensor Array(FileCursor input, List<object?> shape, string dtype, ByteSource data)
    {
        var type = dtype switch
        {
            "float32" => TensorDataType.Float32,
            "float16" => TensorDataType.Float16,
            "bfloat16" => TensorDataType.BFloat16,
            "float64" => TensorDataType.Float64,
            "int8" => TensorDataType.Int8,
            "uint8" => TensorDataType.UInt8,
            "int16" => TensorDataType.Int16,
            "int32" => TensorDataType.Int32,
            "int64" => TensorDataType.Int64,
            "bool" => TensorDataType.Bool,
            "complex64" => TensorDataType.Complex64,
            _ => throw input.Error($"the type '{dtype}' is not supported"),
        };
        if (shape.Count > MaxRank) throw input.Error($"an array has {shape.Count} dimensions");
        long[] sizes = [.. shape.Select(size => size is long number and >= 0 and <= 1L << 40 ? number : throw input.Error($"{size ?? "null"} is not a size"))];
        UInt128 bytes = (UInt128)ElementSize.Of(type);
        foreach (var size in sizes) bytes = bytes > (UInt128)long.MaxValue ? bytes : bytes * (UInt128)size;
        return bytes == (UInt128)data.Length
            ? StridedTensor.Contiguous(data, type, sizes)
            : throw input.Error($"the shape [{string.Join(", ", sizes)}] does not fit its {data.Length} bytes");
    }
}
