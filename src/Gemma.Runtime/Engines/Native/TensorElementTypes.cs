using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.Native;

/// <summary>Sizes and conversions of the three number types a Gemma graph can have at its borders.</summary>
internal static class TensorElementTypes
{
    public static int SizeOf(TensorElementType type) => type switch
    {
        TensorElementType.Float => 4,
        TensorElementType.Float16 or TensorElementType.BFloat16 => 2,
        _ => throw new EngineException($"The graph uses {type} tensors, but only float, float16 and bfloat16 are supported; convert the checkpoint again."),
    };

    /// <summary>Widens 16-bit numbers to binary32.</summary>
    public static void Widen(ReadOnlySpan<ushort> source, Span<float> destination, TensorElementType type)
    {
        if (type == TensorElementType.Float16)
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(System.Runtime.InteropServices.MemoryMarshal.Cast<ushort, Half>(source), destination);
            return;
        }

        for (var i = 0; i < source.Length; i++) destination[i] = BitConverter.Int32BitsToSingle(source[i] << 16);
    }
}
