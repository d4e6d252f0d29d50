using Gemma.Json;

namespace Gemma.Runtime.Models.Architecture;

/// <summary>Gemma 1. Missing keys have the values of GemmaConfig, the 7b shape. Source: transformers, <c>configuration_gemma.py</c>.</summary>
internal static class GemmaFamily
{
    private static readonly DecoderShape Defaults = new(256000, 3072, 24576, 28, 16, 16, 256, 8192);

    public static DecoderPlan Read(JsonSection json)
    {
        CheckActivation(json);
        if (json.Flag("use_bidirectional_attention", false))
        {
            throw json.Error("use_bidirectional_attention",
                "Gemma 1 with bidirectional attention has no defined result in transformers; remove the key for causal attention");
        }
        var shape = DecoderShape.Read(json, Defaults);
        var layer = new LayerPlan
        {
            PreFeedForwardNorm = "post_attention_layernorm",
            Attention = new AttentionPlan
            {
                QueryHeads = shape.QueryHeads,
                KeyValueHeads = shape.KeyValueHeads,
                HeadSize = shape.HeadSize,
                Scale = 1 / Math.Sqrt(shape.HeadSize),
                Rotary = RotaryKeys.Read(json, shape.HeadSize),
                HasBias = json.Flag("attention_bias", false),
            },
            FeedForward = new FeedForwardPlan(shape.IntermediateSize),
        };
        return shape.ToPlan(json, Enumerable.Repeat(layer, shape.Layers));
    }

    // Only hidden_act counts for Gemma 1, and its "gelu" has always meant the tanh form that the model was trained with.
    private static void CheckActivation(JsonSection json)
    {
        var activation = json.Text("hidden_act");
        if (activation is not (null or "gelu" or "gelu_pytorch_tanh"))
            throw json.Error("hidden_act", $"'{activation}' is not supported; Gemma's is 'gelu_pytorch_tanh'");
    }
}
