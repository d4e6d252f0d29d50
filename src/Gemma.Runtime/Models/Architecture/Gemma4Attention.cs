using System.Globalization;
using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>
/// Reads the attention of Gemma 4's layers: those that look back to the beginning have heads of another size and rotary embeddings of another kind.
/// </summary>
internal sealed class Gemma4Attention
{
    private const int DefaultGlobalHeadSize = 512;
    private const double GlobalTheta = 1e6;
    private const double LocalTheta = 1e4;
    private const double DefaultRotatedShare = 0.25;

    private readonly JsonSection _json;
    private readonly DecoderShape _shape;
    private readonly int? _window;
    private readonly JsonSection? _layers;
    private readonly bool _keyIsValue;
    private readonly int _globalHeadSize;
    private readonly int _globalKeyValueHeads;

    public Gemma4Attention(JsonSection json, DecoderShape shape, int? window)
    {
        (_json, _shape, _window) = (json, shape, window);

        // transformers 5.14 and later save what a layer has of its own here, instead of the keys of all global layers.
        _layers = json.Section("per_layer_config");
        if (_layers is { } own) CheckLayers(own);
        _keyIsValue = json.Flag("attention_k_eq_v", false);
        _globalHeadSize = json.Int("global_head_dim", _layers is null ? DefaultGlobalHeadSize : shape.HeadSize, 2, 4096);
        _globalKeyValueHeads = _keyIsValue ? json.Int("num_global_key_value_heads", shape.KeyValueHeads, 1, 4096) : shape.KeyValueHeads;
    }

    /// <summary>Reads one layer.</summary>
    /// <param name="layer">Its number, from 0.</param>
    /// <param name="isLocal">Whether it looks back a window only.</param>
    public AttentionPlan Read(int layer, bool isLocal)
    {
        var own = _layers?.Section(layer.ToString(CultureInfo.InvariantCulture));
        var headSize = own?.Int("head_dim", Size(), 2, 4096) ?? Size();
        var keyValueHeads = own?.Int("num_key_value_heads", KeyValueHeads(), 1, 4096) ?? KeyValueHeads();
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

        int Size() => isLocal ? _shape.HeadSize : _globalHeadSize;

        int KeyValueHeads() => isLocal ? _shape.KeyValueHeads : _globalKeyValueHeads;
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

    private void CheckLayers(JsonSection layers)
    {
        foreach (var name in layers.Properties().Select(property => property.Name))
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) || layer >= _shape.Layers)
                throw _json.Error("per_layer_config", $"'{name}' is none of the {_shape.Layers} layers");
            if (layers.Section(name) is not { } keys) continue;
            foreach (var key in keys.Properties().Select(property => property.Name).Where(key => key is not ("head_dim" or "num_key_value_heads")))
            {
                throw keys.Error(key, "the key is not supported for a single layer; 'head_dim' and 'num_key_value_heads' are");
            }
        }
    }
}
