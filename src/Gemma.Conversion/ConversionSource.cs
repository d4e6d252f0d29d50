using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion;

/// <summary>What is converted.</summary>
/// <param name="Reader">The tensors.</param>
/// <param name="Config">The model's shape.</param>
/// <param name="Path">Where it comes from, for messages.</param>
/// <param name="Files">Tokenizer and generation settings, or null.</param>
internal sealed record ConversionSource(CheckpointReader Reader, GemmaConfig Config, string Path, ModelFiles? Files)
{
    /// <summary>Whether the configuration is another than the checkpoint's, and so goes into the package in its place.</summary>
    public bool ChangesConfig { get; init; }
}
