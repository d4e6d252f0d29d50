using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Weights;

/// <summary>Knows weights that a quantisation method has packed: read as numbers they would be noise.</summary>
internal static class PackedWeights
{
    private const string Weight = ".weight";

    // What the methods keep beside a weight, or instead of it.
    private static readonly string[] Companions =
        [".qweight", ".qzeros", ".scales", ".weight_packed", ".weight_scale", ".weight_scale_inv", ".weight.absmax", ".weight.quant_map", ".SCB"];

    /// <summary>Why a weight is missing or of another type, or null where packing does not explain it.</summary>
    /// <param name="config">What config.json says.</param>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="name">The weight.</param>
    public static string? Describe(GemmaConfig config, CheckpointReader reader, string name)
    {
        if (config.PackedBy is null && !HasCompanion(reader, name)) return null;
        var method = config.PackedBy is { } named ? $"by '{named}'" : "by a method that config.json does not name";
        return $"the weights are quantised {method}, which is not read; take the original checkpoint in bfloat16, or a GGUF file";
    }

    private static bool HasCompanion(CheckpointReader reader, string name) =>
        name.EndsWith(Weight, StringComparison.Ordinal)
        && Array.Exists(Companions, companion => reader.Tensors.ContainsKey(name[..^Weight.Length] + companion));
}
