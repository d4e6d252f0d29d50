using System.Globalization;
using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>
/// Reads the attention of Gemma 4's layers: those that look back to the beginning have heads of another size and rotary embeddings of another kind.
/// </summary>
internal sealed class Gemma4Attention
{
    private const string LayersKey = "per_layer_config";
    private const int DefaultGlobalHeadSize = 512;
    private const double GlobalTheta = 1e6;
    private const double LocalTheta = 1e4;
    private const double DefaultRotatedShare = 0.25;

    private readonly JsonSection _json;
    private readonly DecoderShape _shape;
    private readonly int? _window;
    private readonly Dictionary<int, JsonSection> _layers = [];
    private readonly bool _keyIsValue;
    private readonly int _globalHeadSize;
    private readonly int _globalKeyValueHeads;

    public Gemma4Attention(JsonSection json, DecoderShape shape, int? window)
    {
        (_json, _shape, _window) = (json, shape, window);

        // transformers 5.14 and later save what a layer has of its own here, instead of the keys of all global layers. An empty object: none has.
        if (json.Section(LayersKey) is { } own) ReadLayers(own);
        _keyIsValue = json.Flag("attention_k_eq_v", false);
        var hasOwn = json.Has(LayersKey) || json.IsNull("global_head_dim");
        _globalHeadSize = json.Int("global_head_dim", hasOwn ? shape.HeadSize : DefaultGlobalHeadSize, 0, 4096);
        if (_globalHeadSize == 0) _globalHeadSize = shape.HeadSize;
        _globalKeyValueHeads = _keyIsValue ? json.Int("num_global_key_value_heads", shape.KeyValueHeads, 1, 4096) : shape.KeyValueHeads;
    }

    /// <summary>Reads one layer.</summary>
    /// <param name="layer">Its number, from 0.</param>
    /// <param name="isLocal">Whether it looks back a window only.</param>
    public AttentionPlan Read(int layer, bool isLocal)
    {
        var (headSize, keyValueHeads) = isLocal ? (_shape.HeadSize, _shape.KeyValueHeads) : (_globalHeadSize, _globalKeyValueHeads);
        if (_layers.TryGetValue(layer, out var own))
            (headSize, keyValueHeads) = (own.Int("head_dim", headSize, 2, 4096), own.Int("num_key_value_heads", keyValueHeads, 1, 4096));
        if (headSize % 2 != 0) throw _json.Error(isLocal ? "head_dim" : "global_head_dim", $"{headSize} is odd; the rotary embedding needs an even one");
        if (_shape.QueryHeads % keyValueHeads != 0)
        {
            throw _json.Error(isLocal
                ? "num_key_value_heads"
                : "num_global_key_value_heads", $"{keyValueHeads} does not divide num_attention_heads, {_shape.QueryHeads}");
        }
        return new AttentionPlan
        {
            QueryHeads = _shape.QueryHeads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            Scale = 1,
            Rotary = Rotary(isLocal, headSize),
            Window = isLocal ? _window : null,
            HasBias = _json.Flag("attention_bias", false),
            NormalizesQueryKey = true,
            NormalizesValue = true,
            KeyIsValue = _keyIsValue && !isLocal,
        };
    }

    private RotaryPlan Rotary(bool isLocal, int headSize)
    {
        var (section, theta) = (_json.Section("rope_parameters")?.Section(isLocal ? LayerKeys.Sliding : LayerKeys.Full), isLocal ? LocalTheta : GlobalTheta);
        if (section is not { } keys) return new RotaryPlan(headSize, theta, RotatedShare: isLocal ? 1 : DefaultRotatedShare);
        theta = RotaryKeys.Theta(keys, "rope_theta", theta);
        return keys.Text("rope_type") == "proportional"
            ? new RotaryPlan(headSize, theta, keys.Number("factor", 1, 0, 1e6), keys.Number("partial_rotary_factor", 1, 0, 1))
            : RotaryKeys.Scaled(keys, headSize, theta);
    }

    // The numbers are filled up with zeros where there are ten layers or more.
    private void ReadLayers(JsonSection layers)
    {
        foreach (var name in layers.Properties().Select(property => property.Name))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) || layer >= _shape.Layers)
                throw _json.Error(LayersKey, $"'{name}' is none of the {_shape.Layers} layers");
            if (layers.Section(name) is not { } keys) continue;
            foreach (var key in keys.Properties().Select(property => property.Name).Where(key => key is not ("head_dim" or "num_key_value_heads")))
            {
                throw keys.Error(key, "the key is not supported for a single layer; 'head_dim' and 'num_key_value_heads' are");
            }

            if (!_layers.TryAdd(layer, keys)) throw layers.Error(name, "the layer is there twice");
        }
    }
}
