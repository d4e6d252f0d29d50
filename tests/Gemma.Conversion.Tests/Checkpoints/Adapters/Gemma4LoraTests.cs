using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Checkpoints.Adapters;

/// <summary>Adapters of Gemma 4's linear layers, under the names of the text model and of the whole one.</summary>
public sealed class Gemma4LoraTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-lora-").FullName;
    private readonly Random _random = new(5);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("gemma4-e2b-text", "model.layers.1.self_attn.q_proj")]
    [InlineData("gemma4-e2b-text", "model.layers.1.per_layer_input_gate")]
    [InlineData("gemma4-e2b-text", "model.layers.9.per_layer_projection")]
    [InlineData("gemma4-e2b-text", "model.per_layer_model_projection")]
    [InlineData("gemma4-e2b-text", "model.language_model.layers.9.mlp.down_proj")]
    [InlineData("gemma4-e2b", "model.language_model.layers.9.mlp.down_proj")]
    [InlineData("gemma4-e2b", "model.layers.0.self_attn.k_proj")]
    [InlineData("gemma4-moe", "model.layers.0.router.proj")]
    [InlineData("gemma4-k-eq-v", "model.layers.5.self_attn.k_proj")]
    public async Task ConvertAsync_AdapterOfALinearLayer_IsMergedIntoIt(string name, string module)
    {
        var checkpoint = GoldenCheckpointTests.FolderOf(name);
        Assert.SkipUnless(Directory.Exists(checkpoint), $"the reference data (../shared) with {name} is not beside this checkout");
        WriteAdapter(checkpoint, module);
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32 };
        var plain = await LogitsAsync(checkpoint, options);
        var merged = await LogitsAsync(checkpoint, options with { LoraPath = _folder });
        Assert.True(plain.Zip(merged, (a, b) => Math.Abs(a - b)).Max() > 1e-3, $"{module} of {name} is not merged");
    }

    [Fact]
    public void Open_AdapterOfExperts_IsRefusedByName()
    {
        var checkpoint = GoldenCheckpointTests.FolderOf("gemma4-e2b-text");
        WriteAdapter(checkpoint, "model.layers.0.mlp.up_proj", """{"peft_type": "LORA", "r": 2, "target_parameters": ["experts.gate_up_proj"]}""");
        using var source = CheckpointFolder.Open(checkpoint);
        Assert.Contains("target_parameters", Assert.Throws<InvalidModelException>(() => LoraReader.Open(_folder, source.Reader)).Message,
            StringComparison.Ordinal);
    }

    private static async Task<float[]> LogitsAsync(string checkpoint, ConversionOptions options)
    {
        await using var package = await ConvertedPackage.CreateAsync(checkpoint, options);
        using var engine = await package.OpenAsync();
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, new[] { 2, 17, 99, 4 })], TestContext.Current.CancellationToken);
        return sequence.Logits.ToArray();
    }

    private void WriteAdapter(string checkpoint, string module, string config = """{"peft_type": "LORA", "r": 2, "lora_alpha": 16}""")
    {
        using var source = CheckpointFolder.Open(checkpoint);
        var (end, tensors) = (module[module.LastIndexOf("model.", StringComparison.Ordinal)..]["model.".Length..] + ".weight", source.Reader.Tensors);
        var shape = tensors.Single(tensor => tensor.Key.EndsWith("model." + end, StringComparison.Ordinal)).Value.Shape;
        var (rows, width) = ((int)shape[0], (int)shape[1]);
        new SafetensorsBuilder().Add($"base_model.model.{module}.lora_A.weight", Numbers(2 * width), 2, width)
            .Add($"base_model.model.{module}.lora_B.weight", Numbers(rows * 2), rows, 2).Write(Path.Combine(_folder, "adapter_model.safetensors"));
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), config);
    }

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.NextSingle() - 0.5f)];
}
