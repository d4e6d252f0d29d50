using Gemma.Conversion.Checkpoints;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Weights;

/// <summary>A checkpoint's tensors by their place in the model, each checked against the configuration before anything is written.</summary>
internal sealed class GemmaTensors
{
    private const int CompareElements = 1 << 20;

    private readonly CheckpointReader _reader;
    private readonly GemmaConfig _config;
    private readonly string _path;
    private readonly string _prefix;

    private GemmaTensors(GemmaConfig config, CheckpointReader reader, string path)
    {
        _reader = reader;
        _config = config;
        _path = path;

        // A checkpoint saved from GemmaModel lacks the prefix.
        _prefix = reader.Tensors.ContainsKey("layers.0.input_layernorm.weight") || reader.Tensors.ContainsKey("embed_tokens.weight") ? string.Empty : "model.";
    }

    /// <summary>The embedding, [vocabulary, hidden].</summary>
    public required TensorInfo Embedding { get; init; }

    /// <summary>A language-model head of its own, or null when the embedding serves as head.</summary>
    public required TensorInfo? Head { get; init; }

    /// <summary>The final norm, [hidden].</summary>
    public TensorInfo FinalNorm => Get(_prefix + "norm.weight", _config.HiddenSize);

    /// <summary>Finds and checks every tensor that the model needs. Others are ignored, as transformers does.</summary>
    /// <exception cref="InvalidModelException">A tensor is missing, or its type or shape is wrong.</exception>
    public static GemmaTensors Open(GemmaConfig config, CheckpointReader reader, string path)
    {
        var probe = new GemmaTensors(config, reader, path) { Embedding = null!, Head = null };
        var (embedding, head) = probe.EmbeddingAndHead();
        var tensors = new GemmaTensors(config, reader, path) { Embedding = embedding, Head = head };
        foreach (var tensor in tensors.Backbone()) _ = tensor;
        return tensors;
    }

    /// <summary>Every tensor of the backbone, in a fixed order.</summary>
    public IEnumerable<TensorInfo> Backbone()
    {
        yield return Embedding;
        yield return FinalNorm;
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
        {
            yield return Norm(layer, "input_layernorm");
            yield return Norm(layer, "post_attention_layernorm");
            foreach (var tensor in QueryKeyValue(layer)) yield return tensor;
            yield return Projection(layer, "self_attn.o_proj");
            foreach (var part in (string[])["gate_proj", "up_proj", "down_proj"]) yield return Projection(layer, "mlp." + part);
            if (!_config.AttentionBias) continue;
            foreach (var tensor in QueryKeyValueBias(layer)) yield return tensor;
            yield return OutputBias(layer);
        }
    }

    /// <summary>Weights of the backbone, the head of its own if there is one, and classification heads.</summary>
    public long CountParameters(IEnumerable<ClassificationHead> heads) =>
        Backbone().Sum(tensor => tensor.ElementCount) + (Head?.ElementCount ?? 0) + heads.Sum(head => head.Weight.Length + (long)head.Bias.Length);

    /// <summary>A layer's norm, [hidden].</summary>
    public TensorInfo Norm(int layer, string name) => Get($"{Layer(layer)}.{name}.weight", _config.HiddenSize);

    /// <summary>The rows of q, k and v.</summary>
    public TensorInfo[] QueryKeyValue(int layer) =>
    [
        Get($"{Layer(layer)}.self_attn.q_proj.weight", _config.QuerySize, _config.HiddenSize),
        Get($"{Layer(layer)}.self_attn.k_proj.weight", _config.KeyValueSize, _config.HiddenSize),
        Get($"{Layer(layer)}.self_attn.v_proj.weight", _config.KeyValueSize, _config.HiddenSize),
    ];

    /// <summary>The biases of q, k and v.</summary>
    public TensorInfo[] QueryKeyValueBias(int layer) =>
    [
        Get($"{Layer(layer)}.self_attn.q_proj.bias", _config.QuerySize),
        Get($"{Layer(layer)}.self_attn.k_proj.bias", _config.KeyValueSize),
        Get($"{Layer(layer)}.self_attn.v_proj.bias", _config.KeyValueSize),
    ];

    /// <summary>The bias of the attention's output projection.</summary>
    public TensorInfo OutputBias(int layer) => Get($"{Layer(layer)}.self_attn.o_proj.bias", _config.HiddenSize);

    /// <summary>A projection, [out, in].</summary>
    public TensorInfo Projection(int layer, string name)
    {
        var full = $"{Layer(layer)}.{name}.weight";
        return name switch
        {
            "self_attn.o_proj" => Get(full, _config.HiddenSize, _config.QuerySize),
            "mlp.down_proj" => Get(full, _config.HiddenSize, _config.IntermediateSize),
            _ => Get(full, _config.IntermediateSize, _config.HiddenSize),
        };
    }

    private string Layer(int layer) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{_prefix}layers.{layer}");

    // Tied in the configuration and both in the file: equal means tied, different means both count. Only a head: it is the embedding.
    private (TensorInfo Embedding, TensorInfo? Head) EmbeddingAndHead()
    {
        var embedding = Find(_prefix + "embed_tokens.weight") ?? Find("embed_tokens.weight");
        var head = _config.Architecture is GemmaArchitecture.CausalLM or GemmaArchitecture.Model ? Find("lm_head.weight") : null;
        if (embedding is null && !_config.TieWordEmbeddings) throw Missing(_prefix + "embed_tokens.weight");
        if (embedding is null && head is null) throw Missing(_prefix + "embed_tokens.weight");
        Check(embedding ?? head!, _config.VocabSize, _config.HiddenSize);
        if (embedding is null) return (head!, null);
        if (head is null) return _config.TieWordEmbeddings || _config.Architecture != GemmaArchitecture.CausalLM ? (embedding, null) : throw Missing("lm_head.weight");
        Check(head, _config.VocabSize, _config.HiddenSize);
        return _config.TieWordEmbeddings && Equal(embedding, head) ? (embedding, null) : (embedding, head);
    }

    private bool Equal(TensorInfo left, TensorInfo right)
    {
        var (a, b) = (new float[CompareElements], new float[CompareElements]);
        for (var start = 0L; start < left.ElementCount; start += CompareElements)
        {
            var count = (int)Math.Min(CompareElements, left.ElementCount - start);
            _reader.Read(left.Name, start, a.AsSpan(0, count));
            _reader.Read(right.Name, start, b.AsSpan(0, count));
            if (!a.AsSpan(0, count).SequenceEqual(b.AsSpan(0, count))) return false;
        }

        return true;
    }

    private TensorInfo? Find(string name) => _reader.Tensors.GetValueOrDefault(name);

    private InvalidModelException Missing(string name) => new(_path, name, "the tensor is missing; the checkpoint is incomplete, download it again");

    private TensorInfo Get(string name, params ReadOnlySpan<long> shape)
    {
        var tensor = Find(name) ?? throw Missing(name);
        Check(tensor, shape);
        return tensor;
    }

    private void Check(TensorInfo tensor, params ReadOnlySpan<long> shape)
    {
        if (tensor.DataType is not (TensorDataType.Float32 or TensorDataType.Float16 or TensorDataType.BFloat16 or TensorDataType.Float64)) throw new InvalidModelException(_path, tensor.Name, $"the tensor's type is {tensor.DataType}; a weight is float32, float16, bfloat16 or float64");
        if (!tensor.Shape.SequenceEqual(shape.ToArray())) throw new InvalidModelException(_path, tensor.Name, $"the shape is [{string.Join(", ", tensor.Shape)}], but config.json asks for [{string.Join(", ", shape.ToArray())}]");
    }
}
