using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Weights;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Heads;

/// <summary>Decides whether a head was trained on a package's backbone: only then does it mean the same on the package's hidden states.</summary>
internal static class BackboneComparison
{
    private const int PieceElements = 1 << 20;

    /// <summary>Compares what config.json says of the backbone.</summary>
    /// <exception cref="InvalidModelException">A size or constant differs.</exception>
    public static void CheckConfig(string path, GemmaConfig head, GemmaConfig backbone)
    {
        Check("hidden_size", head.HiddenSize, backbone.HiddenSize);
        Check("vocab_size", head.VocabSize, backbone.VocabSize);
        Check("num_hidden_layers", head.NumHiddenLayers, backbone.NumHiddenLayers);
        Check("intermediate_size", head.IntermediateSize, backbone.IntermediateSize);
        Check("num_attention_heads", head.NumAttentionHeads, backbone.NumAttentionHeads);
        Check("num_key_value_heads", head.NumKeyValueHeads, backbone.NumKeyValueHeads);
        Check("head_dim", head.HeadDim, backbone.HeadDim);
        Check("rms_norm_eps", head.RmsNormEps, backbone.RmsNormEps);
        Check("rope_theta", head.RopeTheta, backbone.RopeTheta);
        Check("rope_scaling.factor", head.RopeScalingFactor, backbone.RopeScalingFactor);
        Check("attention_bias", head.AttentionBias, backbone.AttentionBias);

        void Check<T>(string field, T ofHead, T ofBackbone)
            where T : IEquatable<T>
        {
            if (!ofHead.Equals(ofBackbone)) throw new InvalidModelException(path, field, FormattableString.Invariant($"the head was trained on {ofHead}, but the backbone has {ofBackbone}; convert the head's own checkpoint to a package of its own"));
        }
    }

    /// <summary>Compares every weight.</summary>
    /// <exception cref="InvalidModelException">A weight differs, or is missing from the head's checkpoint.</exception>
    public static void CheckWeights(string path, (GemmaTensors Tensors, CheckpointReader Reader) head, (GemmaTensors Tensors, CheckpointReader Reader) backbone, CancellationToken cancellationToken)
    {
        var (left, right) = (new float[PieceElements], new float[PieceElements]);
        foreach (var (ofHead, ofBackbone) in head.Tensors.Backbone().Zip(backbone.Tensors.Backbone()))
        {
            for (var start = 0L; start < ofHead.ElementCount; start += PieceElements)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = (int)Math.Min(PieceElements, ofHead.ElementCount - start);
                head.Reader.Read(ofHead.Name, start, left.AsSpan(0, count));
                backbone.Reader.Read(ofBackbone.Name, start, right.AsSpan(0, count));
                if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count))) throw new InvalidModelException(path, ofHead.Name, "the weight differs from the backbone's: this classifier was fine-tuned as a whole; convert it to a package of its own");
            }
        }
    }
}
