using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Sizes of ONNX's element types and conversions from binary32.</summary>
internal static class ElementTypes
{
    private const uint Exponent = 0x7F800000;

    /// <summary>Bytes of an element.</summary>
    public static int Size(DataType type) => type switch
    {
        DataType.Float or DataType.Int32 => 4,
        DataType.Float16 or DataType.Bfloat16 => 2,
        DataType.Uint8 or DataType.Int8 => 1,
        DataType.Int64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Rounds numbers to an element type, to nearest, ties to even.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="type">Float, Float16 or Bfloat16.</param>
    /// <param name="destination">Receives the bytes.</param>
    public static void Round(ReadOnlySpan<float> values, DataType type, Span<byte> destination)
    {
        switch (type)
        {
            case DataType.Float:
                MemoryMarshal.AsBytes(values).CopyTo(destination);
                break;
            case DataType.Float16:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case DataType.Bfloat16:
                RoundToBFloat16(MemoryMarshal.Cast<float, uint>(values), MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, null);
        }
    }

    /// <summary>Rounds numbers to what an element type can hold, to nearest, ties to even.</summary>
    public static void RoundInPlace(Span<float> values, DataType type)
    {
        if (type == DataType.Float) return;
        Span<byte> bytes = stackalloc byte[values.Length * sizeof(ushort)];
        Round(values, type, bytes);
        if (type == DataType.Float16) TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
        else Widening.ToSingle(bytes, TensorDataType.BFloat16, values);
    }

    /// <summary>Whether no number is NaN or infinite.</summary>
    public static bool AreFinite(ReadOnlySpan<float> values)
    {
        var bits = MemoryMarshal.Cast<float, uint>(values);
        var i = 0;
        var mask = Vector256.Create(Exponent);
        for (; i <= bits.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            if (Vector256.EqualsAny(Vector256.Create(bits[i..]) & mask, mask)) return false;
        }

        for (; i < bits.Length; i++)
        {
            if ((bits[i] & Exponent) == Exponent) return false;
        }

        return true;
    }

    private static void RoundToBFloat16(ReadOnlySpan<uint> values, Span<ushort> destination)
    {
        for (var i = 0; i < values.Length; i++) destination[i] = (ushort)((values[i] + 0x7FFF + ((values[i] >> 16) & 1)) >> 16);
    }
}
