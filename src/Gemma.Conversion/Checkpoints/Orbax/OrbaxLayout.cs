using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Orbax;

/// <summary>Names and orientation of Google's JAX code: heads are a dimension of their own. Source: gemma's <c>params.py</c> and <c>layers.py</c>, first release.</summary>
internal static class OrbaxLayout
{
    private const string Root = "transformer/";
    private const string LayerPrefix = "layer_";

    /// <summary>The same tensors under Hugging Face's names.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="source">The arrays.</param>
    /// <param name="vocabulary">Rows of the embedding that are tokens; the others fill it up to a round number. Null: all.</param>
    public static Dictionary<string, StoredTensor> Map(string path, IReadOnlyDictionary<string, StridedTensor> source, long? vocabulary)
    {
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (var (name, tensor) in source)
        {
            foreach (var (mapped, view) in Map(path, name, name.StartsWith(Root, StringComparison.Ordinal) ? name[Root.Length..] : name, tensor, vocabulary))
            {
                if (!tensors.TryAdd(mapped, view)) throw new InvalidModelException(path, name, "the name occurs twice");
            }
        }

        return tensors;
    }

    private static IEnumerable<(string Name, StridedTensor Tensor)> Map(string path, string name, string key, StridedTensor tensor, long? vocabulary)
    {
        if (key == "embedder.input_embedding")
        {
            Check(path, name, tensor, 2);
            return [("model.embed_tokens.weight", tensor.Rows(0, Math.Min(vocabulary ?? long.MaxValue, tensor.Shape[0])))];
        }

        if (key == "final_norm.scale") return [("model.norm.weight", tensor)];
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !key.StartsWith(LayerPrefix, StringComparison.Ordinal)) return [];

        // Names of norms have no further slash: layer_0/pre_attention_norm.scale.
        var layer = $"model.layers.{key[LayerPrefix.Length..slash]}.";
        switch (key[(slash + 1)..])
        {
            case "pre_attention_norm.scale":
                return [(layer + "input_layernorm.weight", tensor)];
            case "pre_ffw_norm.scale":
                return [(layer + "post_attention_layernorm.weight", tensor)];
            case "attn/q_einsum.w":
                return [(layer + "self_attn.q_proj.weight", IntoHeads(Check(path, name, tensor, 3)))];
            case "attn/kv_einsum.w":
                Check(path, name, tensor, 4, 2);
                return [(layer + "self_attn.k_proj.weight", IntoHeads(tensor.At(0))), (layer + "self_attn.v_proj.weight", IntoHeads(tensor.At(1)))];
            case "attn/qkv_einsum.w":
                Check(path, name, tensor, 4, 3);
                return [(layer + "self_attn.q_proj.weight", IntoHeads(tensor.At(0))), (layer + "self_attn.k_proj.weight", IntoHeads(tensor.At(1))), (layer + "self_attn.v_proj.weight", IntoHeads(tensor.At(2)))];
            case "attn/attn_vec_einsum.w":
                Check(path, name, tensor, 3);
                return [(layer + "self_attn.o_proj.weight", tensor.Permute(2, 0, 1).Reshape(tensor.Shape[2], tensor.Shape[0] * tensor.Shape[1]))];
            case "mlp/gating_einsum.w":
                Check(path, name, tensor, 3, 2);
                return [(layer + "mlp.gate_proj.weight", tensor.At(0).Permute(1, 0)), (layer + "mlp.up_proj.weight", tensor.At(1).Permute(1, 0))];
            case "mlp/linear.w":
                return [(layer + "mlp.down_proj.weight", Check(path, name, tensor, 2).Permute(1, 0))];
            default:
                return [];
        }
    }

    // [heads, hidden, width] to [heads * width, hidden].
    private static StridedTensor IntoHeads(StridedTensor tensor) => tensor.Permute(0, 2, 1).Reshape(tensor.Shape[0] * tensor.Shape[2], tensor.Shape[1]);

    private static StridedTensor Check(string path, string name, StridedTensor tensor, int rank, long? first = null) =>
        tensor.Shape.Count == rank && (first is null || tensor.Shape[0] == first) ? tensor : throw new InvalidModelException(path, name, $"the shape [{string.Join(", ", tensor.Shape)}] is not that of this array in a Gemma checkpoint");
}
