namespace Gemma.Runtime.Models;

/// <summary>What a precision means to whoever validates, plans, measures or names packages: one row for each.</summary>
/// <param name="Precision">The precision.</param>
/// <param name="Name">Its name in manifests, folders and JSON.</param>
/// <param name="Weights">How weights are stored, which decides what writes them.</param>
/// <param name="Bits">Bits of a weight, without scales; where blocks of a checkpoint are kept, of those that cannot be.</param>
internal sealed record PrecisionTraits(ModelPrecision Precision, string Name, WeightEncoding Weights, int Bits)
{
    private static readonly PrecisionTraits[] Rows =
    [
        new(ModelPrecision.Fp32, "fp32", WeightEncoding.Numbers, 32),
        new(ModelPrecision.Fp16, "fp16", WeightEncoding.Numbers, 16),
        new(ModelPrecision.Bf16, "bf16", WeightEncoding.Numbers, 16) { ComputesOnGpuOnly = true },
        new(ModelPrecision.Int8, "int8", WeightEncoding.Blocks, 8),
        new(ModelPrecision.Int4, "int4", WeightEncoding.Blocks, 4),
        new(ModelPrecision.W8A8, "w8a8", WeightEncoding.Channels, 8) { IsCpuOnly = true, IsForPrompts = true },
        new(ModelPrecision.Keep, "keep", WeightEncoding.AsStored, 8),
    ];

    /// <summary>All rows, in the order of the enumeration.</summary>
    public static IReadOnlyList<PrecisionTraits> All => Rows;

    /// <summary>Whether packages are for CPUs only.</summary>
    public bool IsCpuOnly { get; private init; }

    /// <summary>Whether a second graph for prompts can have it.</summary>
    public bool IsForPrompts { get; private init; }

    /// <summary>Whether graphs that compute in it need a GPU.</summary>
    public bool ComputesOnGpuOnly { get; private init; }

    /// <summary>Whether graphs can compute in it.</summary>
    public bool IsNumberType => Weights == WeightEncoding.Numbers;

    /// <summary>Whether a weight is a 16-bit number: a graph that computes in float widens it when it is loaded.</summary>
    public bool IsHalf => IsNumberType && Bits == 16;

    /// <summary>Whether block size, zero points, scales and calibration say how weights are stored.</summary>
    public bool HasBlockSettings => Weights == WeightEncoding.Blocks;

    /// <summary>A precision's row.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not defined.</exception>
    public static PrecisionTraits Of(ModelPrecision precision) =>
        Array.Find(Rows, row => row.Precision == precision) ?? throw new ArgumentOutOfRangeException(nameof(precision), precision, null);

    /// <summary>The row of a name, or null where it is none.</summary>
    public static PrecisionTraits? Find(string? name) => Array.Find(Rows, row => row.Name == name);

    /// <summary>The names of some precisions, for help: "fp32, fp16 or bf16".</summary>
    public static string Names(Predicate<PrecisionTraits> match) => Join(match, row => row.Name);

    /// <summary>The values of some precisions, for messages: "Fp32, Fp16 or Bf16".</summary>
    public static string Values(Predicate<PrecisionTraits> match) => Join(match, row => row.Precision.ToString());

    /// <summary>What graphs compute in if nothing else is asked for.</summary>
    /// <param name="onGpu">Whether they are for a GPU.</param>
    public ModelPrecision DefaultActivations(bool onGpu) => !onGpu ? ModelPrecision.Fp32 : IsNumberType ? Precision : ModelPrecision.Fp16;

    private static string Join(Predicate<PrecisionTraits> match, Func<PrecisionTraits, string> show)
    {
        string[] names = [.. Array.FindAll(Rows, match).Select(show)];
        return names is [.. var first, var last] && first.Length > 0 ? $"{string.Join(", ", first)} or {last}" : string.Concat(names);
    }
}
