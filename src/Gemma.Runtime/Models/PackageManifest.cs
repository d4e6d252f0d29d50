using System.Text.Json.Serialization;

namespace Gemma.Runtime.Models;

/// <summary>What <c>gemma_package.json</c> records about a model package: where it came from, how it is stored, and every file's hash.</summary>
public sealed record PackageManifest
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "gemma_package.json";

    /// <summary>The format's version.</summary>
    /// <value>1.</value>
    public int Schema { get; init; } = 1;

    /// <summary>The version of the converter that wrote the package.</summary>
    public required string ConverterVersion { get; init; }

    /// <summary>The name of the checkpoint's folder or file.</summary>
    public required string Source { get; init; }

    /// <summary>The container the checkpoint came in, such as "safetensors".</summary>
    public required string SourceFormat { get; init; }

    /// <summary>The name of the folder of the LoRA adapter that was merged, or null.</summary>
    public string? Adapter { get; init; }

    /// <summary>"fp32", "fp16", "bf16", "int8", "int4", "w8a8" or "keep": then <see cref="Weights"/> says what.</summary>
    public required string Precision { get; init; }

    /// <summary>
    /// The number type that the graph computes in and keeps keys and values in: "fp32", "fp16" or "bf16"; null in packages of the first converters, which are
    /// fp32.
    /// </summary>
    public string? Activations { get; init; }

    /// <summary>Weights per scale, or null for floating-point packages.</summary>
    public int? BlockSize { get; init; }

    /// <summary>Whether each block has a zero point besides its scale, or null for floating-point packages.</summary>
    public bool? ZeroPoints { get; init; }

    /// <summary>How blocks got their scales, "search" or "absmax", or null for floating-point packages.</summary>
    public string? Scales { get; init; }

    /// <summary>What the integers were calibrated with: "self", or the name of the text file; null if they were not.</summary>
    public string? Calibration { get; init; }

    /// <summary>What became of the checkpoint's matrices, by kind, where it packs weights into blocks as GGUF files do; otherwise null.</summary>
    public IReadOnlyList<StoredMatrices>? Weights { get; init; }

    /// <summary>The precision of the second graph for prompts under <c>prefill/</c>, "w8a8", or null without one.</summary>
    public string? Prefill { get; init; }

    /// <summary>
    /// Weights of the backbone, the language-model head of its own if it has one, and the classification heads; null in packages of the first converters.
    /// </summary>
    public long? Parameters { get; init; }

    /// <summary>Bits per weight of embedding and lm_head, or null for floating-point ones.</summary>
    [JsonPropertyName("head_bits")]
    public int? LmHeadBits { get; init; }

    /// <summary>The most positions that the graph's rotary tables hold.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>
    /// Whether the graph lets caches of sliding-window layers drop what no token sees any more; null where there are no such layers, and in packages of earlier
    /// converters: everything is kept.
    /// </summary>
    public bool? WindowedCaches { get; init; }

    /// <summary>Bytes of the weight file that stay on disk: tables of which a token reads one row. Null: none.</summary>
    public long? MappedBytes { get; init; }

    /// <summary>Names of the classification heads under <c>heads/</c>.</summary>
    public IReadOnlyList<string> Heads { get; init; } = [];

    /// <summary>Every file but this one.</summary>
    public required IReadOnlyList<PackageFile> Files { get; init; }
}
