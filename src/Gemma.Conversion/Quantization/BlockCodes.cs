using System.Runtime.Intrinsics;
using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Quantization;

/// <summary>The integers of eight blocks, one byte each, [block size] × eight lanes, and how they are packed.</summary>
internal static class BlockCodes
{
    /// <summary>Blocks side by side.</summary>
    public static int Lanes => Vector256<float>.Count;

    /// <summary>The nearest integers of a format.</summary>
    public static Vector256<float> Encode(Vector256<float> value, Vector256<float> inverseScale, Vector256<float> zero, Vector256<float> top) =>
        Vector256.MinNative(Vector256.MaxNative(Vector256.Round(value * inverseScale) + zero, Vector256<float>.Zero), top);

    /// <summary>Stores the integers of one position in the eight blocks.</summary>
    public static void Store(Vector256<float> code, int position, Span<byte> codes)
    {
        var integers = Vector256.ConvertToInt32Native(code);
        var bytes = Vector256.Narrow(Vector256.Narrow(integers, integers), Vector256<short>.Zero);
        BitConverter.TryWriteBytes(codes[(position * Lanes)..], bytes.AsUInt64()[0]);
    }

    /// <summary>Packs one lane's block.</summary>
    public static void Pack(ReadOnlySpan<byte> codes, int lane, QuantizationFormat format, Span<byte> packed)
    {
        if (format.Bits == 8)
        {
            for (var i = 0; i < packed.Length; i++) packed[i] = codes[(i * Lanes) + lane];
            return;
        }

        for (var i = 0; i < packed.Length; i++) packed[i] = (byte)(codes[(2 * i * Lanes) + lane] | (codes[(((2 * i) + 1) * Lanes) + lane] << 4));
    }

    /// <summary>Stores a zero point into a row's, which begin as 0.</summary>
    public static void StoreZeroPoint(Span<byte> zeroPoints, int block, QuantizationFormat format, int zero)
    {
        if (format.Bits == 8) zeroPoints[block] = (byte)zero;
        else zeroPoints[block / 2] |= (byte)(zero << (block % 2 * 4));
    }

    /// <summary>Rounds scales to the type that they are stored in.</summary>
    public static Vector256<float> RoundScales(Vector256<float> scales, Graph.Onnx.TensorProto.Types.DataType type)
    {
        Span<float> values = stackalloc float[Lanes];
        scales.CopyTo(values);
        ElementTypes.RoundInPlace(values, type);
        return Vector256.Create<float>(values);
    }
}
