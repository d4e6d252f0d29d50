using System.ComponentModel.DataAnnotations;
using Gemma.Conversion.Packaging;

namespace Gemma.SemanticKernel;

/// <summary>How a checkpoint folder is made a package at the first load.</summary>
public sealed class GemmaConversionOptions
{
    /// <summary>The weights' precision.</summary>
    /// <value>Default <see cref="ModelPrecision.Int4"/>.</value>
    public ModelPrecision Precision { get; set; } = ModelPrecision.Int4;

    /// <summary>Weights that share a scale: 32, 64 or 128.</summary>
    /// <value>Default 32.</value>
    [AllowedValues(32, 64, 128)]
    public int BlockSize { get; set; } = 32;

    /// <summary>Where packages are kept.</summary>
    /// <value>Default null: the user's cache folder.</value>
    public string? CacheFolder { get; set; }

    /// <summary>Classification heads to put over the backbone: folders, or <c>folder=name</c>.</summary>
    /// <value>Default empty.</value>
    public IList<string> Heads { get; set; } = [];
}
