using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Models;

/// <summary>Rotary embeddings by the keys of all transformers versions, where they say things twice.</summary>
public sealed class RotaryKeysTests
{
    private const string Linear8 = """ "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8, "rope_theta": 70000}}""";

    [Theory]
    [InlineData("gemma", """ "rope_theta": 20000, "rope_scaling": {"rope_type": "linear", "factor": 2, "rope_theta": 50000}""", 50000, 2)]
    [InlineData("gemma", """ "rope_theta": 20000, "rope_scaling": {"type": "linear", "factor": 2}""", 20000, 2)]
    [InlineData("gemma3_text", Linear8 + """, "rope_scaling": {"factor": 4}""", 70000, 4)]
    [InlineData("gemma3_text", Linear8 + """, "rope_scaling": {"rope_type": "default"}""", 70000, 1)]
    public void Parse_ScalingAndParameters_InnerKeysWin(string family, string keys, double theta, double factor)
    {
        var config = GemmaConfig.Parse($$"""{"model_type": "{{family}}", {{keys}}}""");
        var rotary = config.Plan.Layers.First(layer => layer.Attention.Window is null).Attention.Rotary;
        Assert.Equal((theta, factor), (rotary.Theta, rotary.Factor));
    }
}
