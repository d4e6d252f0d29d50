using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Gemma.Cli.Tests.Field;

/// <summary>A tensor as a safetensors file has it.</summary>
/// <param name="Type">The element type's name in the file.</param>
/// <param name="Shape">The dimensions.</param>
/// <param name="Data">The bytes.</param>
internal sealed record CaseTensor(string Type, long[] Shape, byte[] Data)
{
    /// <summary>Bytes of an element.</summary>
    public static int Size(string type) => type switch
    {
        "F64" or "I64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" => 2,
        "F8_E4M3" or "I8" or "U8" or "BOOL" => 1,
        _ => throw new NotSupportedException($"The cases' type '{type}' is new."),
    };

    /// <summary>The tensor that a case describes: a wave, a text or zeros.</summary>
    /// <param name="item">The description.</param>
    /// <param name="shape">The dimensions, or null for those of the description.</param>
    public static CaseTensor Create(JsonElement item, long[]? shape = null)
    {
        var type = item.GetProperty("dtype").GetString()!;
        if (item.TryGetProperty("text", out var text))
            return new CaseTensor(type, [Encoding.UTF8.GetByteCount(text.GetString()!)], Encoding.UTF8.GetBytes(text.GetString()!));
        shape ??= [.. item.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt64())];
        var count = (int)shape.Aggregate(1L, (product, dimension) => product * dimension);
        var data = new byte[count * Size(type)];
        if (item.TryGetProperty("wave", out var wave))
        {
            if (type != "F32") throw new NotSupportedException($"A wave of {type} is new in the cases.");
            var (seed, scale) = (wave[0].GetDouble(), wave[1].GetDouble());
            for (var i = 0; i < count; i++) BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), (float)(scale * Math.Sin(seed + (0.37 * i))));
        }

        return new CaseTensor(type, shape, data);
    }
}
