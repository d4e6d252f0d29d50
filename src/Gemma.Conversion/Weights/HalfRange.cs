using System.Numerics.Tensors;
using Gemma.Conversion.Checkpoints.Tensors;
using DataType = Gemma.Conversion.Graph.Onnx.TensorProto.Types.DataType;

namespace Gemma.Conversion.Weights;

/// <summary>The range of float16, beyond which a number would become infinite without a word.</summary>
internal static class HalfRange
{
    /// <summary>The largest number.</summary>
    public const float Max = 65504;

    /// <summary>Refuses numbers that do not fit into the type they are stored in.</summary>
    /// <param name="reader">The checkpoint, for the message.</param>
    /// <param name="name">The tensor, for the message.</param>
    /// <param name="what">What the numbers are, for the message.</param>
    /// <param name="values">The numbers, all finite.</param>
    /// <param name="type">The type.</param>
    /// <exception cref="InvalidModelException">One does not fit.</exception>
    public static void Check(CheckpointReader reader, string name, string what, ReadOnlySpan<float> values, DataType type)
    {
        if (type != DataType.Float16 || TensorPrimitives.MaxMagnitude(values) is >= -Max and <= Max) return;
        throw new InvalidModelException(reader.Path, name, $"{what} does not fit into float16 (up to {Max}); convert with bf16 or fp32");
    }
}
