using System.Globalization;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Flax;

/// <summary>Arrays above 2^30 bytes, which Flax stores in flat pieces under the keys "0", "1", … in any order.</summary>
internal static class FlaxChunks
{
    private const string Marker = "__msgpack_chunked_array__";

    public static bool Are(Dictionary<string, object?> map) => map.ContainsKey(Marker);

    /// <exception cref="InvalidModelException">A piece is missing, or the pieces do not fit the shape.</exception>
    public static StridedTensor Join(CheckpointFile file, string name, Dictionary<string, object?> map)
    {
        if (map.Count != 3
            || map[Marker] is not true
            || map.GetValueOrDefault("shape") is not Dictionary<string, object?> shape
            || map.GetValueOrDefault("chunks") is not Dictionary<string, object?> { Count: > 0 } chunks)
            throw file.Error(name, "an array in pieces has a shape and pieces, and nothing else");
        long[] sizes = [.. InOrder(file, name, shape)
            .Select(size => size is long number and >= 0 and <= 1L << 40 ? number : throw file.Error(name, "the shape is malformed"))];
        List<StridedTensor> parts = [.. InOrder(file, name, chunks).Select(chunk => chunk as StridedTensor ?? throw file.Error(name, "a piece is no array"))];
        if (parts.Any(part => part.Shape.Count != 1 || part.DataType != parts[0].DataType))
            throw file.Error(name, "the pieces are not flat or not of one type");
        Int128 elements = 1;
        foreach (var size in sizes) elements = elements > long.MaxValue ? elements : elements * size;
        if (elements != parts.Aggregate((Int128)0, (sum, part) => sum + part.Shape[0]))
            throw file.Error(name, $"the pieces do not fit the shape [{string.Join(", ", sizes)}]");
        return StridedTensor.Contiguous(new JoinedRegions([.. parts.Select(part => part.Source)]), parts[0].DataType, sizes);
    }

    private static object?[] InOrder(CheckpointFile file, string name, Dictionary<string, object?> map)
    {
        var items = new object?[map.Count];
        for (var i = 0; i < items.Length; i++)
        {
            if (!map.TryGetValue(i.ToString(CultureInfo.InvariantCulture), out items[i])) throw file.Error(name, $"piece {i} is missing");
        }

        return items;
    }
}
