using System.ComponentModel.DataAnnotations;
using Gemma.Conversion;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.SemanticKernel;

/// <summary>How a checkpoint folder is made a package at the first load, for the device that computes it.</summary>
public sealed class GemmaConversionOptions
{
    /// <summary>The weights' precision.</summary>
    /// <value>Default null: <see cref="ModelPrecision.Keep"/> for a GGUF file, otherwise <see cref="ModelPrecision.Int4"/>.</value>
    public ModelPrecision? Precision { get; set; }

    /// <summary>Weights that share a scale: 32, 64 or 128.</summary>
    /// <value>Default 32.</value>
    [AllowedValues(32, 64, 128)]
    public int BlockSize { get; set; } = 32;

    /// <summary>Bits of embedding and lm_head, for integer precisions: 4 or 8.</summary>
    /// <value>Default null: as the other weights.</value>
    [AllowedValues(null, 4, 8)]
    public int? LmHeadBits { get; set; }

    /// <summary>Whether every block of integers has a zero point: more exact at the same speed.</summary>
    /// <value>Default false.</value>
    public bool ZeroPoints { get; set; }

    /// <summary>
    /// The precision of a second graph that reads prompts: <see cref="ModelPrecision.W8A8"/>. Used with <see cref="EngineOptions.UsePrefillGraph"/>.
    /// </summary>
    /// <value>Default null: none.</value>
    public ModelPrecision? Prefill { get; set; }

    /// <summary>A LoRA adapter to merge into the weights: a folder (PEFT) or a GGUF file.</summary>
    /// <value>Default null.</value>
    public string? LoraPath { get; set; }

    /// <summary>Where packages are kept.</summary>
    /// <value>Default null: the user's cache folder.</value>
    public string? CacheFolder { get; set; }

    /// <summary>Classification heads to put over the backbone: folders, or <c>folder=name</c>.</summary>
    /// <value>Default empty.</value>
    public IList<string> Heads { get; set; } = [];

    /// <summary>The conversion for a model that these options compute.</summary>
    /// <exception cref="EngineException">The device is missing.</exception>
    internal ConversionOptions ToConversion(EngineOptions engine) => new()
    {
        Target = ConversionTargets.For(engine),
        Precision = Precision,
        BlockSize = BlockSize,
        LmHeadBits = LmHeadBits,
        ZeroPoints = ZeroPoints,
        Prefill = Prefill,
        LoraPath = LoraPath,
        Heads = [.. Heads.Select(HeadSource.Parse)],
    };
}
