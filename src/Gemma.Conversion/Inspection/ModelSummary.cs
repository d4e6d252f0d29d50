using Gemma.Runtime.Models;

namespace Gemma.Conversion.Inspection;

/// <summary>What is known about a checkpoint or package without running it.</summary>
internal sealed record ModelSummary
{
    /// <summary>The folder or file.</summary>
    public required string Path { get; init; }

    /// <summary>The checkpoint's container, or that of the package's checkpoint; null in packages of other builders.</summary>
    public required string? Format { get; init; }

    /// <summary>The manifest, null for checkpoints and packages of other builders.</summary>
    public PackageManifest? Manifest { get; init; }

    /// <summary>Whether this is a package.</summary>
    public required bool IsPackage { get; init; }

    /// <summary>The shape, null in packages of other builders.</summary>
    public required GemmaConfig? Config { get; init; }

    /// <summary>
    /// Weights of the backbone, the language-model head of its own if it has one, and the classification heads; null in packages that do not record it.
    /// </summary>
    public required long? Parameters { get; init; }

    /// <summary>The stored element types, the most frequent first.</summary>
    public IReadOnlyList<string> DataTypes { get; init; } = [];

    /// <summary>Names of the classification heads.</summary>
    public required IReadOnlyList<string> Heads { get; init; }

    /// <summary>The chat template in words, or null if there is none.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Tokens that <see cref="Sizes"/> and <see cref="KeyValueCacheBytes"/> are for.</summary>
    public required int Context { get; init; }

    /// <summary>Keys and values of one sequence of that length, in bytes.</summary>
    public required long KeyValueCacheBytes { get; init; }

    /// <summary>A checkpoint's sizes in every precision; a package's in its own.</summary>
    public required IReadOnlyList<PrecisionSize> Sizes { get; init; }

    /// <summary>The precision that a checkpoint is converted to unless another is asked for; null for packages.</summary>
    public string? DefaultPrecision { get; init; }

    /// <summary>The weight files of a checkpoint; all files of a package.</summary>
    public required IReadOnlyList<ModelFile> Files { get; init; }

    /// <summary>The weights that were packed for a processor, under <c>prepacked/</c>.</summary>
    public IReadOnlyList<PrepackedManifest> Prepacked { get; init; } = [];

    /// <summary>Whether every file was read and compared with what is stored about it.</summary>
    public required bool Verified { get; init; }
}
