using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Tests.Models;

/// <summary>What Gemma 4's configurations say in more than one way, leave out, or ask for in vain.</summary>
public sealed class Gemma4PlanTests
{
    private const string Sizes = """
        "model_type": "gemma4_text", "vocab_size": 160, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 6, "num_attention_heads": 4, "num_key_value_heads": 2,
        "head_dim": 16, "vocab_size_per_layer_input": 160
        """;

    [Fact]
    public void Parse_SizesOnly_HasTheDefaultsOfTheClass()
    {
        var plan = Plan(string.Empty);
        Assert.Equal([16, 16, 16, 16, 16, 512], plan.Layers.Select(layer => layer.Attention.HeadSize));
        Assert.Equal(512, plan.Layers[0].Attention.Window);
        Assert.Equal(new RotaryPlan(512, 1e6, RotatedShare: 0.25), plan.Layers[5].Attention.Rotary);
        Assert.Equal(256, plan.PerLayerInput?.Width);
        Assert.Null(plan.LogitSoftCap);
        Assert.Equal((1.0, 0.0), (plan.Layers[0].Attention.Scale, plan.NormOffset));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("0")]
    public void Parse_NoPerLayerWidth_HasNoSecondEmbedding(string width) =>
        Assert.Null(Plan($""", "hidden_size_per_layer_input": {width}""").PerLayerInput);

    [Fact]
    public void Parse_PerLayerConfig_EqualsTheKeysOfGlobalLayers()
    {
        var keys = Plan(""", "global_head_dim": 32, "num_global_key_value_heads": 1, "attention_k_eq_v": true""");
        var layers = Plan(""", "per_layer_config": {"5": {"head_dim": 32, "num_key_value_heads": 1}}, "attention_k_eq_v": true""");
        Assert.Equal(keys, layers);
        Assert.Equal((32, 1, true), (keys.Layers[5].Attention.HeadSize, keys.Layers[5].Attention.KeyValueHeads, keys.Layers[5].Attention.KeyIsValue));
    }

    [Fact]
    public void Parse_PerLayerConfigOfTenLayersOrMore_MayHaveZerosInFront()
    {
        var sizes = Sizes.Replace("\"num_hidden_layers\": 6", "\"num_hidden_layers\": 12", StringComparison.Ordinal);
        var layers = GemmaConfig.Parse($$$"""{ {{{sizes}}}, "per_layer_config": {"05": {"head_dim": 32}, "11": {"head_dim": 64}} }""").Plan.Layers;
        Assert.Equal((32, 64, 16), (layers[5].Attention.HeadSize, layers[11].Attention.HeadSize, layers[10].Attention.HeadSize));
    }

    [Theory]
    [InlineData(""", "per_layer_config": {}""")]
    [InlineData(""", "global_head_dim": null""")]
    [InlineData(""", "global_head_dim": 0""")]
    public void Parse_NoLayerDiffers_AllHaveOneHeadSize(string keys) => Assert.Equal(16, Plan(keys).Layers[5].Attention.HeadSize);

    [Theory]
    [InlineData("")]
    [InlineData(""", "hidden_size_per_layer_input": 256, "vocab_size_per_layer_input": 0, "enable_moe_block": true""")]
    public void Parse_UnifiedModel_HasNeitherSecondEmbeddingNorExperts(string keys)
    {
        var sizes = Sizes.Replace("gemma4_text", "gemma4_unified_text", StringComparison.Ordinal)
            .Replace(", \"vocab_size_per_layer_input\": 160", string.Empty, StringComparison.Ordinal);
        var plan = GemmaConfig.Parse($"{{ {sizes} {keys} }}").Plan;
        Assert.Null(plan.PerLayerInput);
        Assert.Null(plan.Layers[0].FeedForward.Experts);
        Assert.Equal((1024, 262144), (plan.Layers[0].Attention.Window, plan.ContextLength));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Parse_WrapperThatTiesOtherwiseThanItsTextModel_Counts(bool ties)
    {
        var (outer, inner) = ties ? ("true", "false") : ("false", "true");
        var plan = GemmaConfig.Parse(
            $$"""{"model_type": "gemma4", "tie_word_embeddings": {{outer}}, "text_config": { {{Sizes}}, "tie_word_embeddings": {{inner}} } }""").Plan;
        Assert.Equal(ties, plan.TiesEmbedding);
    }

    [Fact]
    public void Parse_GlobalKeyValueHeadsWithoutSharedProjection_DoNotCount() =>
        Assert.Equal(2, Plan(""", "num_global_key_value_heads": 1""").Layers[5].Attention.KeyValueHeads);

    [Fact]
    public void Parse_SharedCaches_ReadTheLastLayerOfTheirKindAndAreTwiceAsWide()
    {
        var plan = Plan(
            """, "num_kv_shared_layers": 3, "use_double_wide_mlp": true, "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]""");
        Assert.Equal([null, null, null, 2, 0, 0], plan.Layers.Select(layer => layer.Attention.SharedCacheLayer));
        Assert.Equal([40, 40, 40, 80, 80, 80], plan.Layers.Select(layer => layer.FeedForward.Width));
        Assert.Equal(3, plan.KeyValueLayout.Caches.Count);
    }

    [Theory]
    [InlineData(""", "use_bidirectional_attention": "all" """, "use_bidirectional_attention")]
    [InlineData(""", "num_kv_shared_layers": 5, "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]""",
        "num_kv_shared_layers")]
    [InlineData(""", "num_kv_shared_layers": 6""", "num_kv_shared_layers")]
    [InlineData(""", "per_layer_config": {"6": {"head_dim": 32}}""", "per_layer_config")]
    [InlineData(""", "per_layer_config": {"1": {"intermediate_size": 32}}""", "intermediate_size")]
    [InlineData(""", "per_layer_config": {"5": {"head_dim": 32}, "05": {"head_dim": 64}}""", "05")]
    [InlineData(""", "num_global_key_value_heads": 3, "attention_k_eq_v": true""", "num_global_key_value_heads")]
    [InlineData(""", "rope_parameters": {"full_attention": {"rope_type": "yarn"}}""", "rope_type")]
    public void Parse_WhatIsNotSupported_IsRefusedByName(string keys, string named) =>
        Assert.Contains(named, Assert.Throws<InvalidModelException>(() => Plan(keys)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_DiffusionModel_IsRefusedByName() =>
        Assert.Contains("diffusion_gemma", Assert.Throws<InvalidModelException>(() => GemmaConfig.Parse("""{"model_type": "diffusion_gemma"}""")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Parse_Wrapper_EmbedsPlaceholdersAsPadding()
    {
        var plan = GemmaConfig.Parse(
            $$"""{"model_type": "gemma4", "image_token_id": 122, "audio_token_id": null, "text_config": { {{Sizes}}, "pad_token_id": 3 } }""").Plan;
        Assert.Equal([122], plan.PlaceholderIds);
        Assert.Equal(3, plan.PlaceholderRow);
    }

    private static DecoderPlan Plan(string keys) => GemmaConfig.Parse($$"""{ {{Sizes}}{{keys}} }""").Plan;
}
