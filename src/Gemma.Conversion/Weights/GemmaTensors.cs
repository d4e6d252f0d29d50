using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Weights;

/// <summary>A checkpoint's tensors by their names in the plan, each checked against it before anything is written.</summary>
internal sealed class GemmaTensors
{
    private const int CompareElements = 1 << 20;
    private const string TextModel = "language_model.";

    // Which class a checkpoint was saved from decides what stands before the names.
    private static readonly string[] Prefixes = ["model.", "", "model." + TextModel, TextModel + "model.", TextModel];

    private static readonly string[] Unshared = [TensorNames.Key, TensorNames.Value, TensorNames.KeyNorm, "self_attn.v_norm"];

    // What older versions saved although nothing trains it.
    private static readonly string[] Buffers = ["inv_freq", "position_ids", "embed_scale", "normalizer"];

    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly CheckpointReader _reader;
    private readonly GemmaConfig _config;
    private readonly string _path;
    private readonly string _prefix;

    private GemmaTensors(GemmaConfig config, CheckpointReader reader, string path)
    {
        _reader = reader;
        _config = config;
        _path = path;
        _prefix = Array.Find(Prefixes, prefix => reader.Tensors.ContainsKey(prefix + TensorNames.FinalNorm)) ?? Prefixes[0];
        (var embedding, LmHead) = EmbeddingAndLmHead();
        _tensors.Add(TensorNames.Embedding, embedding);
        foreach (var planned in config.Plan.Tensors().Skip(1))
            _tensors.Add(planned.Name, Check(Find(_prefix + planned.Name) ?? throw Missing(_prefix + planned.Name, planned), planned));
    }

    /// <summary>The embedding, [vocabulary, hidden].</summary>
    public TensorInfo Embedding => _tensors[TensorNames.Embedding];

    /// <summary>An lm_head of its own, or null when the embedding serves as one.</summary>
    public TensorInfo? LmHead { get; }

    /// <summary>Every tensor of the backbone, in the plan's order.</summary>
    public IEnumerable<TensorInfo> Backbone => _config.Plan.Tensors().Select(planned => _tensors[planned.Name]);

    /// <summary>Tensors of other parts of a model that reads more than text: images, sounds.</summary>
    public int OtherParts => _prefix.Contains(TextModel, StringComparison.Ordinal)
        ? _reader.Tensors.Keys
            .Count(name => !name.StartsWith(_prefix, StringComparison.Ordinal) && !name.EndsWith(TensorNames.LmHead, StringComparison.Ordinal))
        : 0;

    /// <summary>Trained tensors that no part of the model is, such as the value heads of reinforcement learning.</summary>
    public IReadOnlyList<string> Unused
    {
        get
        {
            if (OtherParts > 0) return [];
            var known = KnownNames();
            return [.. _reader.Tensors.Keys.Where(name => !known.Contains(name) && !IsBuffer(name)).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>A tensor by its name in the plan.</summary>
    public TensorInfo this[string name] => _tensors[name];

    /// <summary>Finds and checks every tensor that the plan has. Others are ignored, as transformers does.</summary>
    /// <exception cref="InvalidModelException">A tensor is missing, or its type or shape is wrong.</exception>
    public static GemmaTensors Open(GemmaConfig config, CheckpointReader reader, string path) => new(config, reader, path);

    /// <summary>Weights of the backbone, of an lm_head of its own, and of score heads.</summary>
    public long CountParameters(IEnumerable<ClassificationHead> heads) =>
        Backbone.Sum(tensor => tensor.ElementCount) + (LmHead?.ElementCount ?? 0) + heads.Sum(head => head.Weight.Length + (long)head.Bias.Length);

    // Tied in the configuration and both in the file: equal means tied, different means both count. Only an lm_head: it is the embedding.
    private (TensorInfo Embedding, TensorInfo? LmHead) EmbeddingAndLmHead()
    {
        var plan = _config.Plan;
        var embedding = Find(_prefix + TensorNames.Embedding) ?? Find(TensorNames.Embedding);
        var lmHead = _config.Architecture is GemmaArchitecture.CausalLM or GemmaArchitecture.Model
            ? Find(TensorNames.LmHead) ?? Find(TextModel + TensorNames.LmHead)
            : null;
        if (embedding is null && (lmHead is null || !plan.TiesEmbedding)) throw Missing(_prefix + TensorNames.Embedding, plan.LmHead);
        Check(embedding ?? lmHead!, plan.LmHead);
        if (embedding is null) return (lmHead!, null);
        if (lmHead is null)
        {
            return plan.TiesEmbedding || _config.Architecture != GemmaArchitecture.CausalLM
                ? (embedding, null)
                : throw Missing(TensorNames.LmHead, plan.LmHead);
        }
        Check(lmHead, plan.LmHead);
        return plan.TiesEmbedding && Equal(embedding, lmHead) ? (embedding, null) : (embedding, lmHead);
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

    // Layers that take another one's keys and values still have the projections in the file. An lm_head is the embedding once more where it is tied.
    private HashSet<string> KnownNames()
    {
        HashSet<string> known = [.. _tensors.Values.Select(tensor => tensor.Name), TensorNames.LmHead, TextModel + TensorNames.LmHead];
        if (_config.Architecture is GemmaArchitecture.SequenceClassification or GemmaArchitecture.TokenClassification) known.Add(ScoreFile.Weight);
        if (_config.Architecture == GemmaArchitecture.TokenClassification) known.Add(ScoreFile.Bias);
        for (var layer = 0; layer < _config.Plan.Layers.Count; layer++)
        {
            if (_config.Plan.Layers[layer].Attention.SharedCacheLayer is null) continue;
            foreach (var name in Unshared) known.Add(_prefix + TensorNames.Weight(layer, name));
        }

        return known;
    }

    private static bool IsBuffer(string name) => Array.Exists(Buffers, buffer => name.EndsWith(buffer, StringComparison.Ordinal));

    private TensorInfo? Find(string name) => _reader.Tensors.GetValueOrDefault(name);

    private InvalidModelException Missing(string name, PlannedTensor planned) =>
        new(_path, name, PackedWeights.Describe(_config, _reader, name) ?? MissingTensor.Describe(_reader, name, planned.Shape));

    private TensorInfo Check(TensorInfo tensor, PlannedTensor planned)
    {
        if (!Widening.CanRead(tensor.DataType))
        {
            throw new InvalidModelException(_path, tensor.Name,
                PackedWeights.Describe(_config, _reader, tensor.Name) ?? Widening.Refusal(tensor.DataType));
        }

        return tensor.Shape.SequenceEqual(planned.Shape)
            ? tensor
            : throw new InvalidModelException(_path, tensor.Name,
                $"the shape is [{string.Join(", ", tensor.Shape)}], but config.json asks for [{string.Join(", ", planned.Shape)}]");
    }
}
