using System.Numerics.Tensors;

namespace Gemma.Runtime.Embeddings;

/// <summary>Scales vectors.</summary>
internal static class VectorScaling
{
    /// <summary>Scales a vector to length 1; zeros stay.</summary>
    public static void ToUnitLength(Span<float> vector)
    {
        if (TensorPrimitives.Norm<float>(vector) is var norm and > 0) TensorPrimitives.Divide(vector, norm, vector);
    }
}
