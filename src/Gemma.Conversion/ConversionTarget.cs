namespace Gemma.Conversion;

/// <summary>
/// The device that a package is for. Every package opens on every device, except that bfloat16 graphs need a GPU; the target decides what is fast.
/// </summary>
public enum ConversionTarget
{
    /// <summary>The graph computes in float; 16-bit weights are widened when it is loaded.</summary>
    Cpu,

    /// <summary>The graph computes in float16 or bfloat16.</summary>
    Cuda,
}
