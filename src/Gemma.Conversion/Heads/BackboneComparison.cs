using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Heads;

/// <summary>Decides whether a head was trained on a package's backbone: only then does it mean the same on the package's hidden states.</summary>
internal static class BackboneComparison
{
    private const int PieceElements = 1 << 20;

    /// <summary>Compares what config.json says of the backbone.</summary>
    /// <exception cref="InvalidModelException">A size or constant differs.</exception>
    public static void CheckConfig(string path, GemmaConfig head, GemmaConfig backbone)
    {
        if (head.HiddenSize != backbone.HiddenSize)
            throw Differs("hidden_size", $"hidden states of {head.HiddenSize} numbers, but the backbone's have {backbone.HiddenSize}");
        foreach (var (ofHead, ofBackbone) in head.Plan.Tensors().Zip(backbone.Plan.Tensors()))
        {
            if (ofHead.Name != ofBackbone.Name || !ofHead.Shape.SequenceEqual(ofBackbone.Shape))
                throw Differs(ofHead.Name, $"{Describe(ofHead)}, where the backbone has {Describe(ofBackbone)}");
        }

        if (head.Plan.Backbone != backbone.Plan.Backbone)
            throw Differs(null, "a backbone with other constants (layers, epsilon, rotary embedding, windows or the like)");

        InvalidModelException Differs(string? field, string what) =>
            new(path, field, $"the head was trained on {what}; convert the head's own checkpoint to a package of its own");

        static string Describe(PlannedTensor tensor) => $"{tensor.Name} [{string.Join(", ", tensor.Shape)}]";
    }

    /// <summary>Compares every weight.</summary>
    /// <exception cref="InvalidModelException">A weight differs, or is missing from the head's checkpoint.</exception>
    public static void CheckWeights(string path, (GemmaTensors Tensors, CheckpointReader Reader) head, (GemmaTensors Tensors, CheckpointReader Reader) backbone,
        CancellationToken cancellationToken)
    {
        var (left, right) = (new float[PieceElements], new float[PieceElements]);
        foreach (var (ofHead, ofBackbone) in head.Tensors.Backbone.Zip(backbone.Tensors.Backbone))
        {
            for (var start = 0L; start < ofHead.ElementCount; start += PieceElements)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = (int)Math.Min(PieceElements, ofHead.ElementCount - start);
                head.Reader.Read(ofHead.Name, start, left.AsSpan(0, count));
                backbone.Reader.Read(ofBackbone.Name, start, right.AsSpan(0, count));
                if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                {
                    throw new InvalidModelException(path, ofHead.Name,
                        "the weight differs from the backbone's: this classifier was fine-tuned as a whole; convert it to a package of its own");
                }
            }
        }
    }
}
