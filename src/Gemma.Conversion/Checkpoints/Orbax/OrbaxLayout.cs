using System.Globalization;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>
/// Names and orientation of Google's JAX code: heads are a dimension of their own. Source: gemma's <c>params.py</c> and <c>layers.py</c>, first release.
/// </summary>
internal static class OrbaxLayout
{
    private const string Root = "transformer/";
    private const string Prefix = "model.";
    private const string LayerPrefix = "layer_";

    /// <summary>The same tensors under Hugging Face's names.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="source">The arrays.</param>
    /// <param name="plan">The model: which norms its layers have, and how many rows of the embedding are tokens (the others fill it up to a round number).
    /// Null: that of the first release, all rows.</param>
    public static Dictionary<string, StoredTensor> Map(string path, IReadOnlyDictionary<string, StridedTensor> source, DecoderPlan? plan)
    {
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (var (name, tensor) in source)
        {
            foreach (var (mapped, view) in Map(path, name, name.StartsWith(Root, StringComparison.Ordinal) ? name[Root.Length..] : name, tensor, plan))
            {
                if (!tensors.TryAdd(mapped, view)) throw new InvalidModelException(path, name, "the name occurs twice");
            }
        }

        return tensors;
    }

    private static IEnumerable<(string Name, StridedTensor Tensor)> Map(string path, string name, string key, StridedTensor tensor, DecoderPlan? plan)
    {
        if (key == "embedder.input_embedding")
        {
            Check(path, name, tensor, 2);
            return [(Prefix + TensorNames.Embedding, tensor.Rows(0, Math.Min(plan?.VocabSize ?? long.MaxValue, tensor.Shape[0])))];
        }

        if (key == "final_norm.scale") return [(Prefix + TensorNames.FinalNorm, tensor)];
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !key.StartsWith(LayerPrefix, StringComparison.Ordinal)) return [];

        // Names of norms have no further slash: layer_0/pre_attention_norm.scale.
        if (!int.TryParse(key.AsSpan(LayerPrefix.Length, slash - LayerPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var layer))
            return [];
        var norms = plan?.Layers[Math.Min(layer, plan.Layers.Count - 1)];
        switch (key[(slash + 1)..])
        {
            case "pre_attention_norm.scale":
                return [(Weight(norms?.InputNorm ?? "input_layernorm"), tensor)];
            case "pre_ffw_norm.scale":
                return [(Weight(norms?.PreFeedForwardNorm ?? "post_attention_layernorm"), tensor)];
            case "attn/q_einsum.w":
                return [(Weight(TensorNames.Query), IntoHeads(Check(path, name, tensor, 3)))];
            case "attn/kv_einsum.w":
                Check(path, name, tensor, 4, 2);
                return [(Weight(TensorNames.Key), IntoHeads(tensor.At(0))), (Weight(TensorNames.Value), IntoHeads(tensor.At(1)))];
            case "attn/qkv_einsum.w":
                Check(path, name, tensor, 4, 3);
                return [(Weight(TensorNames.Query), IntoHeads(tensor.At(0))), (Weight(TensorNames.Key), IntoHeads(tensor.At(1))),
                    (Weight(TensorNames.Value), IntoHeads(tensor.At(2)))];
            case "attn/attn_vec_einsum.w":
                Check(path, name, tensor, 3);
                return [(Weight(TensorNames.Output), tensor.Permute(2, 0, 1).Reshape(tensor.Shape[2], tensor.Shape[0] * tensor.Shape[1]))];
            case "mlp/gating_einsum.w":
                Check(path, name, tensor, 3, 2);
                return [(Weight(TensorNames.Gate), tensor.At(0).Permute(1, 0)), (Weight(TensorNames.Up), tensor.At(1).Permute(1, 0))];
            case "mlp/linear.w":
                return [(Weight(TensorNames.Down), Check(path, name, tensor, 2).Permute(1, 0))];
            default:
                return [];
        }

        string Weight(string part) => Prefix + TensorNames.Weight(layer, part);
    }

    // [heads, hidden, width] to [heads * width, hidden].
    private static StridedTensor IntoHeads(StridedTensor tensor) => tensor.Permute(0, 2, 1).Reshape(tensor.Shape[0] * tensor.Shape[2], tensor.Shape[1]);

    private static StridedTensor Check(string path, string name, StridedTensor tensor, int rank, long? first = null) =>
        tensor.Shape.Count == rank && (first is null || tensor.Shape[0] == first)
            ? tensor
            : throw new InvalidModelException(path, name, $"the shape [{string.Join(", ", tensor.Shape)}] is not that of this array in a Gemma checkpoint");
}
