namespace Gemma.Runtime.Models;

/// <summary>How a package stores weights.</summary>
public enum ModelPrecision
{
    /// <summary>binary32: exact, four bytes per weight.</summary>
    Fp32,

    /// <summary>binary16: half the bytes.</summary>
    Fp16,

    /// <summary>bfloat16: half the bytes, and exactly what bfloat16 checkpoints hold.</summary>
    Bf16,

    /// <summary>8-bit integers in blocks.</summary>
    Int8,

    /// <summary>4-bit integers in blocks: the fastest on a CPU.</summary>
    Int4,

    /// <summary>
    /// 8-bit weights per output channel and 8-bit activations per token: the fastest for many tokens at once, for packages that only read (classifiers,
    /// embedders). CPU only.
    /// </summary>
    W8A8,

    /// <summary>
    /// As the checkpoint has it. Blocks of a GGUF file that ONNX Runtime can hold stay bit for bit what they are, in 4 or 8 bits, and floating-point matrices
    /// keep their type; what it cannot hold becomes 8-bit integers in blocks. Checkpoints without blocks: <see cref="Fp32"/>, <see cref="Fp16"/> or
    /// <see cref="Bf16"/>, whichever they are stored in.
    /// </summary>
    Keep,
}
