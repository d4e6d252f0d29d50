using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Heads;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Packaging;

/// <summary>What is converted.</summary>
/// <param name="Reader">The tensors.</param>
/// <param name="Config">The model's shape.</param>
/// <param name="Path">Where it comes from, for messages.</param>
/// <param name="Files">Tokenizer and generation settings, or null.</param>
internal sealed record ConversionSource(CheckpointReader Reader, GemmaConfig Config, string Path, ModelFiles? Files)
{
    /// <summary>Whether the configuration is another than the checkpoint's, and so goes into the package in its place.</summary>
    public bool ChangesConfig { get; private init; }

    /// <summary>A checkpoint, with an adapter or without.</summary>
    /// <exception cref="InvalidModelException">The adapter's classification head contradicts the configuration.</exception>
    public static ConversionSource Create(CheckpointReader reader, LoraReader? adapter, GemmaConfig config, string path, ModelFiles? files)
    {
        var whole = adapter is null ? config : AdapterClassifier.Of(config, adapter);
        return new ConversionSource(adapter ?? reader, whole, path, files) { ChangesConfig = !ReferenceEquals(whole, config) };
    }
}
