using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Google;

/// <summary>
/// Names of Google's own PyTorch code: query, key and value rows in one matrix, the embedding as "embedder", and in quantised checkpoints 8-bit integers
/// with a scale per row. Source: transformers, <c>convert_gemma_weights_to_hf.py</c>, with any number of key/value heads.
/// </summary>
internal static class GoogleLayout
{
    /// <summary>The rotary table that the original code saved as a buffer.</summary>
    public const string Rotary = "freqs_cis";

    private const string Embedder = "embedder.weight";
    private const string ScalerSuffix = "_scaler";
    private const string FusedProjection = ".qkv_proj.weight";

    /// <summary>Whether the tensors are named as Google names them.</summary>
    public static bool Matches(IReadOnlyDictionary<string, StridedTensor> tensors) => tensors.ContainsKey(Embedder);

    /// <summary>The same tensors under Hugging Face's names.</summary>
    public static Dictionary<string, StoredTensor> Map(string path, IReadOnlyDictionary<string, StridedTensor> source)
    {
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        var quantized = source.Keys.Any(name => name.EndsWith(ScalerSuffix, StringComparison.Ordinal));
        foreach (var (name, tensor) in source)
        {
            if (name.EndsWith(ScalerSuffix, StringComparison.Ordinal)) continue;
            var scales = source.GetValueOrDefault(name + ScalerSuffix);
            if (scales is not null) CheckScales(path, name, tensor, scales);
            if (name.EndsWith(FusedProjection, StringComparison.Ordinal))
            {
                foreach (var (part, first, count) in Split(path, name, tensor, source))
                    Add(name[..^FusedProjection.Length] + part, tensor.Rows(first, count), scales?.Rows(first, count));
            }
            else
            {
                Add(name == Embedder ? "model.embed_tokens.weight" : name, tensor, scales);
            }
        }

        return tensors;

        void Add(string name, StridedTensor tensor, StridedTensor? scales)
        {
            var widened = quantized && tensor.DataType is TensorDataType.Float16 or TensorDataType.BFloat16;
            if (!tensors.TryAdd(name, scales is not null || widened ? new ScaledTensor(tensor, scales) : tensor))
                throw new InvalidModelException(path, name, "the name occurs twice");
        }
    }

    private static void CheckScales(string path, string name, StridedTensor tensor, StridedTensor scales)
    {
        if (tensor.DataType != TensorDataType.Int8 || tensor.Shape.Count != 2)
            throw new InvalidModelException(path, name, "only a matrix of 8-bit integers has a scale per row");
        if (scales.DataType is not (TensorDataType.Float32 or TensorDataType.Float16 or TensorDataType.BFloat16)
            || scales.Shape is not [var rows]
            || rows != tensor.Shape[0])
            throw new InvalidModelException(path, name + ScalerSuffix, $"{tensor.Shape[0]} floating-point numbers are expected, one per row");
    }

    // Rows of the queries' heads, the keys' and the values'. The output projection's width tells how many are the queries'.
    private static IEnumerable<(string Part, long First, long Count)> Split(string path, string name, StridedTensor tensor,
        IReadOnlyDictionary<string, StridedTensor> source)
    {
        var outputName = name.Replace("qkv_proj", "o_proj", StringComparison.Ordinal);
        if (tensor.Shape.Count != 2 || source.GetValueOrDefault(outputName)?.Shape is not [_, var queries])
            throw new InvalidModelException(path, name, $"it cannot be split: {outputName} is missing, or one of the two is no matrix");
        var rest = tensor.Shape[0] - queries;
        if (rest <= 0 || rest % 2 != 0 || queries <= 0)
            throw new InvalidModelException(path, name, $"{tensor.Shape[0]} rows do not hold {queries} rows of queries and as many keys as values");
        return [(".q_proj.weight", 0, queries), (".k_proj.weight", queries, rest / 2), (".v_proj.weight", queries + (rest / 2), rest / 2)];
    }
}
