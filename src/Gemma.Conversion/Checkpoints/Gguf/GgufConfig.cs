using System.Text.Json;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>Writes the <c>config.json</c> that a GGUF file's metadata means, so that the model is read like any other.</summary>
internal sealed class GgufConfig
{
    private const string Embedding = "token_embd.weight";
    private const int MaxSize = 1 << 24;

    private readonly GgufShards _shards;
    private readonly GgufMetadata _metadata;
    private readonly GgufArchitecture _architecture;
    private readonly GgufLayers? _layers;

    private GgufConfig(GgufShards shards, GgufArchitecture architecture)
    {
        (_shards, _metadata, _architecture) = (shards, shards.Metadata, architecture);
        Layers = Required("block_count", 4096);
        Hidden = Required("embedding_length", 1 << 20);
        AttentionHeads = RequiredShared("attention.head_count", 4096);
        _layers = architecture.LayersDiffer ? GgufLayers.Read(shards, architecture, Layers, AttentionHeads) : null;
        KeyValueHeads = _layers?.KeyValueHeads ?? _metadata.SharedInteger(Key("attention.head_count_kv"), 1, 4096, Layers) ?? AttentionHeads;
        HeadSize = _layers?.HeadSize ?? ReadHeadSize();
        var embedding = shards.Find(Embedding) ?? throw _metadata.Error(Embedding, "the tensor is missing; the file holds no weights, or not all of them");
        Vocabulary = embedding.Shape is [<= MaxSize and var rows, _]
            ? (int)rows
            : throw _metadata.Error(Embedding, $"the shape is [{string.Join(", ", embedding.Shape)}]; one row for each token is expected");
        if (_metadata.Array("tokenizer.ggml.tokens", GgufValueType.String) is { } tokens && tokens.Count != Vocabulary)
            throw _metadata.Error("tokenizer.ggml.tokens", $"{tokens.Count} tokens are given, but {Embedding} has {Vocabulary} rows");
    }

    /// <summary>Decoder layers.</summary>
    public int Layers { get; }

    /// <summary>Width of the residual stream.</summary>
    public int Hidden { get; }

    /// <summary>Query heads.</summary>
    public int AttentionHeads { get; }

    /// <summary>Key and value heads.</summary>
    public int KeyValueHeads { get; }

    /// <summary>Width of an attention head.</summary>
    public int HeadSize { get; }

    /// <summary>Rows of the embedding.</summary>
    public int Vocabulary { get; }

    /// <summary>Reads and checks the keys that say what the model is.</summary>
    /// <exception cref="InvalidModelException">A key is missing, of the wrong type or out of range, or asks for what no Gemma has.</exception>
    public static GgufConfig Read(GgufShards shards, GgufArchitecture architecture) => new(shards, architecture);

    /// <summary>The text of <c>config.json</c>, UTF-8.</summary>
    /// <exception cref="InvalidModelException">As <see cref="Read"/>.</exception>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartArray("architectures");
            json.WriteStringValue(_architecture.ClassName);
            json.WriteEndArray();
            json.WriteString("model_type", _architecture.ModelType);
            json.WriteNumber("vocab_size", Vocabulary);
            json.WriteNumber("hidden_size", Hidden);
            json.WriteNumber("intermediate_size", _layers?.Width ?? RequiredShared("feed_forward_length", 1 << 22));
            json.WriteNumber("num_hidden_layers", Layers);
            json.WriteNumber("num_attention_heads", AttentionHeads);
            json.WriteNumber("num_key_value_heads", KeyValueHeads);
            json.WriteNumber("head_dim", HeadSize);
            json.WriteString("hidden_act", "gelu_pytorch_tanh");
            json.WriteNumber("max_position_embeddings", Required("context_length", MaxSize));
            json.WriteNumber("rms_norm_eps", Positive("attention.layer_norm_rms_epsilon") ?? throw Missing("attention.layer_norm_rms_epsilon"));
            json.WriteBoolean("attention_bias", _shards.Tensors.Any(tensor => GgufLayout.IsAttentionBias(tensor.Name)));
            json.WriteBoolean("tie_word_embeddings", _shards.Find("output.weight") is null);
            WriteToken(json, "bos_token_id", "bos");
            WriteToken(json, "eos_token_id", "eos");
            WriteToken(json, "pad_token_id", "padding");
            if (_layers is not null)
            {
                _layers.WriteTo(json);
                WriteNumber(json, "final_logit_softcapping", Positive("final_logit_softcapping"));
            }
            else
            {
                WriteRotary(json);
                if (_architecture.Period > 0) WriteLayers(json);
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private string Key(string name) => _architecture.Key(name);

    private int ReadHeadSize()
    {
        var size = _metadata.Integer(Key("attention.key_length"), 1, 4096) ?? Hidden / AttentionHeads;
        if ((_metadata.Integer(Key("attention.value_length"), 1, 4096) ?? size) != size)
            throw _metadata.Error(Key("attention.value_length"), $"values of another width than keys, {size}, are not supported");
        if ((_metadata.Integer(Key("rope.dimension_count"), 1, 4096) ?? size) != size)
            throw _metadata.Error(Key("rope.dimension_count"), $"rotating only a part of an attention head of {size} is not supported");
        return size;
    }

    private InvalidModelException Missing(string name) => _metadata.Error(Key(name), "the key is missing");

    private int Required(string name, int maximum) => _metadata.Integer(Key(name), 1, maximum) ?? throw Missing(name);

    private int RequiredShared(string name, int maximum) => _metadata.SharedInteger(Key(name), 1, maximum, Layers) ?? throw Missing(name);

    // As binary32, whose shortest form is what was meant.
    private float? Positive(string name)
    {
        var number = (float?)_metadata.Number(Key(name));
        return number is null or > 0 and < float.PositiveInfinity ? number : throw _metadata.Error(Key(name), $"{number} is not a positive number");
    }

    private void WriteToken(Utf8JsonWriter json, string name, string role)
    {
        if (GgufTokenizer.TokenId(_metadata, role, Vocabulary) is { } id) json.WriteNumber(name, id);
    }

    private void WriteRotary(Utf8JsonWriter json)
    {
        const string Type = "rope.scaling.type";
        json.WriteNumber("rope_theta", Positive("rope.freq_base") ?? (float)_architecture.Theta);
        if (_architecture.HasLocalTheta) json.WriteNumber("rope_local_base_freq", Positive("rope.freq_base_swa") ?? 10000);
        var type = _metadata.Text(Key(Type));
        if (type is not (null or "none" or "linear")) throw _metadata.Error(Key(Type), $"'{type}' is not supported; 'none' and 'linear' are");
        var factor = type == "none" ? 1 : Positive("rope.scaling.factor") ?? Positive("rope.scale_linear") ?? 1;
        if (factor == 1)
        {
            json.WriteNull("rope_scaling");
            return;
        }

        json.WriteStartObject("rope_scaling");
        json.WriteString("rope_type", "linear");
        json.WriteNumber("factor", factor);
        json.WriteEndObject();
    }

    private void WriteLayers(Utf8JsonWriter json)
    {
        var window = _metadata.Integer(Key("attention.sliding_window"), 1, MaxSize) ?? (_architecture.Window > 0 ? _architecture.Window : null);
        json.WriteString("hidden_activation", "gelu_pytorch_tanh");
        json.WriteNumber("query_pre_attn_scalar", Layers == _architecture.LayersOfOwnScale ? Hidden / AttentionHeads : HeadSize);
        WriteNumber(json, "sliding_window", window);
        json.WriteStartArray("layer_types");
        foreach (var isFull in FullLayers(window)) json.WriteStringValue(isFull ? "full_attention" : "sliding_attention");
        json.WriteEndArray();
        WriteNumber(json, "attn_logit_softcapping", Positive("attn_logit_softcapping") ?? _architecture.AttentionCap);
        WriteNumber(json, "final_logit_softcapping", Positive("final_logit_softcapping") ?? _architecture.LogitCap);
        if (_architecture.IsBidirectional) json.WriteBoolean("use_bidirectional_attention", true);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    // Normally the file does not say which layers see the whole text.
    private IEnumerable<bool> FullLayers(int? window)
    {
        const string Pattern = "attention.sliding_window_pattern";
        if (window is null) return Enumerable.Repeat(true, Layers);
        var key = Key(Pattern);
        if (_metadata.Values.GetValueOrDefault(key) is GgufArray)
        {
            var flags = _metadata.Array(key, GgufValueType.Bool)!;
            if (flags.Count != Layers) throw _metadata.Error(key, $"the array has {flags.Count} items for {Layers} layers");
            return _metadata.Read(flags, cursor => !(bool)cursor.ReadValue(GgufValueType.Bool));
        }

        var period = _metadata.Integer(key, 1, MaxSize) ?? _architecture.Period;
        return Enumerable.Range(0, Layers).Select(layer => layer % period == period - 1);
    }
}
