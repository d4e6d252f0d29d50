using System.Numerics.Tensors;

namespace Gemma.Runtime.Embeddings;

/// <summary>A linear layer over pooled vectors, with or without tanh. Source: sentence-transformers, <c>Dense</c>.</summary>
/// <param name="inputSize">Width of what comes in.</param>
/// <param name="weight">[out, in], row-major.</param>
/// <param name="bias">[out], or null.</param>
/// <param name="isTanh">Whether tanh follows.</param>
internal sealed class DenseModule(int inputSize, float[] weight, float[]? bias, bool isTanh)
{
    /// <summary>The tensors' names are this, then ".weight" and ".bias".</summary>
    public const string TensorName = "linear";

    /// <summary>The file of the weights in the module's folder.</summary>
    public const string WeightFile = "model.safetensors";

    /// <summary>Width of what goes out.</summary>
    public int OutputSize { get; } = weight.Length / inputSize;

    /// <summary>Multiplies a vector.</summary>
    public float[] Apply(ReadOnlySpan<float> vector)
    {
        var result = new float[OutputSize];
        for (var row = 0; row < result.Length; row++) result[row] = TensorPrimitives.Dot(vector, weight.AsSpan(row * inputSize, inputSize)) + (bias?[row] ?? 0);
        if (isTanh) TensorPrimitives.Tanh(result, result);
        return result;
    }
}
