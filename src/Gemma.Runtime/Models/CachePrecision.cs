namespace Gemma.Runtime.Models;

/// <summary>The number type of the key-value cache.</summary>
public enum CachePrecision
{
    /// <summary>What the package's graph computes in: float32, or 16 bits in packages for GPUs.</summary>
    Package,

    /// <summary>
    /// float16: half the memory. Queries, keys and values are rounded to it in front of attention, which computes in float32. For ONNX Runtime on a CPU.
    /// </summary>
    Fp16,
}
