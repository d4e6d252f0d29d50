namespace Gemma.Conversion.Checkpoints.Tensors;

/// <summary>Bytes of stored elements.</summary>
internal static class ElementSize
{
    public static int Of(TensorDataType type) => type switch
    {
        TensorDataType.Complex64 or TensorDataType.Float64 or TensorDataType.Int64 or TensorDataType.UInt64 => 8,
        TensorDataType.Float32 or TensorDataType.Int32 or TensorDataType.UInt32 => 4,
        TensorDataType.Float16 or TensorDataType.BFloat16 or TensorDataType.Int16 or TensorDataType.UInt16 => 2,
        _ => 1,
    };
}
