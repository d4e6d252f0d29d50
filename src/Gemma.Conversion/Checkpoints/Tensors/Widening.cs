using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Converts stored numbers to binary32.</summary>
internal static class Widening
{
    /// <summary>Whether elements of a type are weights: floating-point numbers.</summary>
    public static bool CanRead(TensorDataType type) =>
        type is TensorDataType.Float32 or TensorDataType.Float16 or TensorDataType.BFloat16 or TensorDataType.Float64;

    /// <summary>Why a tensor of another type is no weight, for messages.</summary>
    public static string Refusal(TensorDataType type) => $"the tensor's type is {type}; a weight is float32, float16, bfloat16 or float64";

    /// <summary>Converts elements of a floating-point type.</summary>
    public static void ToSingle(ReadOnlySpan<byte> source, TensorDataType type, Span<float> destination)
    {
        switch (type)
        {
            case TensorDataType.Float32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorDataType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case TensorDataType.BFloat16:
                FromBFloat16(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<float, uint>(destination));
                break;
            case TensorDataType.Float64:
                TensorPrimitives.ConvertTruncating<double, float>(MemoryMarshal.Cast<byte, double>(source), destination);
                break;
            default:
                throw new NotSupportedException($"Elements of type {type} are not weights.");
        }
    }

    private static void FromBFloat16(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        var i = 0;
        for (; i <= source.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(source[i..]));
            (low << 16).CopyTo(destination[i..]);
            (high << 16).CopyTo(destination[(i + Vector256<uint>.Count)..]);
        }

        for (; i < source.Length; i++) destination[i] = (uint)source[i] << 16;
    }
}
