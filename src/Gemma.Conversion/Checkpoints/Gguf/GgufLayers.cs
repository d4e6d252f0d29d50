using System.Globalization;
using System.Text.Json;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>
/// What a Gemma 4 file says of its layers, which differ: those that look back to the beginning have attention heads of another size, and rotary embeddings in
/// which only some pairs turn. Source: llama.cpp, <c>conversion/gemma.py</c> and <c>src/models/gemma4.cpp</c>.
/// </summary>
internal sealed class GgufLayers
{
    private const string RotaryFactors = "rope_freqs.weight";
    private const string PerLayerTable = "per_layer_token_embd.weight";
    private const int MaxHeads = 4096;
    private const int MaxWidth = 1 << 22;

    private readonly GgufShards _shards;
    private readonly GgufMetadata _metadata;
    private readonly GgufArchitecture _architecture;
    private readonly bool[] _isLocal;
    private readonly int _shared;

    private GgufLayers(GgufShards shards, GgufArchitecture architecture, int layers, int heads)
    {
        (_shards, _metadata, _architecture) = (shards, shards.Metadata, architecture);
        _isLocal = Windows(layers);
        _shared = _metadata.Integer(Key("attention.shared_kv_layers"), 0, layers - 1) ?? 0;
        GlobalHeadSize = Size("");
        HeadSize = _metadata.Has(Key("attention.key_length_swa")) ? Size("_swa") : GlobalHeadSize;
        var keyValueHeads = _metadata.LayerIntegers(Key("attention.head_count_kv"), 1, MaxHeads, layers) ?? [.. Enumerable.Repeat(heads, layers)];
        GlobalKeyValueHeads = OfKind(keyValueHeads, isLocal: false);
        KeyValueHeads = _isLocal.Contains(true) ? OfKind(keyValueHeads, isLocal: true) : GlobalKeyValueHeads;
        Width = ReadWidth(layers);
    }

    /// <summary>Width of an attention head of a layer with a window.</summary>
    public int HeadSize { get; }

    /// <summary>Key and value heads of a layer with a window.</summary>
    public int KeyValueHeads { get; }

    /// <summary>Width of a layer's gate and up; layers that read another's keys and values may have twice as many.</summary>
    public int Width { get; }

    private int GlobalHeadSize { get; }

    private int GlobalKeyValueHeads { get; }

    /// <summary>Reads and checks the keys.</summary>
    /// <exception cref="InvalidModelException">A key is missing, of the wrong type or out of range, or asks for what no Gemma has.</exception>
    public static GgufLayers Read(GgufShards shards, GgufArchitecture architecture, int layers, int heads) => new(shards, architecture, layers, heads);

    /// <summary>Writes the keys of <c>config.json</c> that say so.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteString("hidden_activation", "gelu_pytorch_tanh");
        json.WriteStartArray("layer_types");
        foreach (var isLocal in _isLocal) json.WriteStringValue(isLocal ? "sliding_attention" : "full_attention");
        json.WriteEndArray();
        if (_isLocal.Contains(true)) json.WriteNumber("sliding_window", Required("attention.sliding_window", 1 << 24));
        json.WriteNumber("global_head_dim", GlobalHeadSize);
        json.WriteBoolean("attention_k_eq_v", KeyIsValue());
        if (GlobalKeyValueHeads != KeyValueHeads) json.WriteNumber("num_global_key_value_heads", GlobalKeyValueHeads);
        json.WriteNumber("num_kv_shared_layers", _shared);
        json.WriteBoolean("use_double_wide_mlp", _metadata.LayerIntegers(Key("feed_forward_length"), 1, MaxWidth, _isLocal.Length)![^1] != Width);
        WriteRotary(json);
        WritePerLayerInput(json);
        WriteExperts(json);
    }

    private string Key(string name) => _architecture.Key(name);

    private int Required(string name, int maximum) => _metadata.Integer(Key(name), 1, maximum) ?? throw _metadata.Error(Key(name), "the key is missing");

    private bool[] Windows(int layers)
    {
        var key = Key("attention.sliding_window_pattern");
        var flags = _metadata.Array(key, GgufValueType.Bool) ?? throw _metadata.Error(key, "the key is missing");
        if (flags.Count != layers) throw _metadata.Error(key, $"the array has {flags.Count} items for {layers} layers");
        bool[] isLocal = [.. _metadata.Read(flags, cursor => (bool)cursor.ReadValue(GgufValueType.Bool))];
        return isLocal[^1] ? throw _metadata.Error(key, "the last layer has a window; in this architecture it looks back to the beginning") : isLocal;
    }

    private int Size(string kind)
    {
        var size = Required("attention.key_length" + kind, MaxHeads);
        foreach (var name in (string[])[Key("attention.value_length" + kind), Key("rope.dimension_count" + kind)])
        {
            if ((_metadata.Integer(name, 1, MaxHeads) ?? size) != size)
                throw _metadata.Error(name, $"another number than {Key("attention.key_length" + kind)}, {size}, is not supported");
        }

        return size;
    }

    private int OfKind(IReadOnlyList<int> values, bool isLocal)
    {
        var kind = values.Where((_, layer) => _isLocal[layer] == isLocal).Distinct().ToArray();
        return kind is [var value]
            ? value
            : throw _metadata.Error(Key("attention.head_count_kv"), $"layers of the same kind differ ({kind.Min()} to {kind.Max()}), which no model has");
    }

    // One width for all layers, or twice the width for those that read another's keys and values.
    private int ReadWidth(int layers)
    {
        var key = Key("feed_forward_length");
        var widths = _metadata.LayerIntegers(key, 1, MaxWidth, layers) ?? throw _metadata.Error(key, "the key is missing");
        var factor = widths[^1] == widths[0] ? 1 : 2;
        return widths.Index().All(width => width.Item == widths[0] * (width.Index < layers - _shared ? 1 : factor))
            ? widths[0]
            : throw _metadata.Error(key, "layers differ otherwise than by twice the width of those that read another's keys and values");
    }

    // Then the layers that look back to the beginning have no value projection.
    private bool KeyIsValue()
    {
        var missing = Enumerable.Range(0, _isLocal.Length - _shared).Where(layer => !_isLocal[layer])
            .Select(layer => _shards.Find(string.Create(CultureInfo.InvariantCulture, $"blk.{layer}.attn_v.weight")) is null).Distinct().ToArray();
        if (missing.Length > 1) throw _metadata.Error("attn_v.weight", "some layers that look back to the beginning have it, and some have not");
        if (missing is [false] && GlobalKeyValueHeads != KeyValueHeads)
        {
            throw _metadata.Error(Key("attention.head_count_kv"),
                "layers differ, which only those of models without attn_v in the layers that look back to the beginning do");
        }

        return missing is [true];
    }

    private void WriteRotary(Utf8JsonWriter json)
    {
        var scaling = Key("rope.scaling.type");
        if (_metadata.Text(scaling) is not (null or "none") and var type) throw _metadata.Error(scaling, $"'{type}' is not supported; 'none' is");
        json.WriteStartObject("rope_parameters");
        json.WriteStartObject("full_attention");
        json.WriteString("rope_type", "proportional");
        json.WriteNumber("rope_theta", Theta("rope.freq_base", _architecture.Theta));
        json.WriteNumber("partial_rotary_factor", RotatedShare());
        json.WriteEndObject();
        json.WriteStartObject("sliding_attention");
        json.WriteString("rope_type", "default");
        json.WriteNumber("rope_theta", Theta("rope.freq_base_swa", 10000));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private float Theta(string name, double otherwise) => (float)(_metadata.Number(Key(name)) ?? otherwise);

    // Frequencies are divided by these factors: 1 for pairs that turn, a huge number for those that stand still.
    private double RotatedShare()
    {
        const float Still = 1e30f;
        var tensor = _shards.Find(RotaryFactors) ?? throw _metadata.Error(RotaryFactors, "the tensor is missing, without which nobody knows which pairs turn");
        if (tensor.Shape is not [var pairs] || pairs != GlobalHeadSize / 2) throw _metadata.Error(tensor.Name, $"{GlobalHeadSize / 2} factors are expected");
        var factors = new float[pairs];
        _shards.Open(tensor).Read(0, factors);
        var turning = factors.AsSpan().IndexOfAnyExcept(1f) is >= 0 and var first ? first : factors.Length;
        if (turning == 0 || factors.AsSpan(turning).ContainsAnyExcept(Still))
            throw _metadata.Error(tensor.Name, $"the factors are not ones and then {Still}, which alone is supported");
        var share = (double)turning / factors.Length;
        while ((int)(share * factors.Length) < turning) share = Math.BitIncrement(share);
        return share;
    }

    private void WritePerLayerInput(Utf8JsonWriter json)
    {
        var width = _metadata.Integer(Key("embedding_length_per_layer_input"), 0, 1 << 16) ?? 0;
        json.WriteNumber("hidden_size_per_layer_input", width);
        if (width == 0) return;
        json.WriteNumber("vocab_size_per_layer_input", _shards.Find(PerLayerTable) is { Shape: [> 0 and <= 1 << 24 and var rows, _] }
            ? rows
            : throw _metadata.Error(PerLayerTable, "the tensor is missing or no matrix"));
    }

    private void WriteExperts(Utf8JsonWriter json)
    {
        var count = _metadata.Integer(Key("expert_count"), 0, 1 << 16) ?? 0;
        json.WriteBoolean("enable_moe_block", count > 0);
        if (count == 0) return;
        json.WriteNumber("num_experts", count);
        json.WriteNumber("top_k_experts", Required("expert_used_count", count));
        json.WriteNumber("moe_intermediate_size", Required("expert_feed_forward_length", 1 << 20));
    }
}
