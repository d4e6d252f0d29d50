using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>An adapter in GGUF is the adapter that PEFT saved.</summary>
public sealed class GgufAdapterTests
{
    [Fact]
    public void Open_AdapterFile_HasPeftsMatrices()
    {
        SharedData.Require("goldens-gguf", "lora");
        using var adapter = LoraAdapter.Open(Path.Combine(GgufGoldens.Root, "lora", "lora-pirate-f32.gguf"));
        foreach (var tensor in GgufGoldens.Read("lora", "expected.json").GetProperty("tensors").EnumerateArray())
        {
            var name = tensor.GetProperty("peft").GetString()!;
            var delta = adapter.Deltas[name["base_model.model.".Length..name.IndexOf(".lora_", StringComparison.Ordinal)]];
            Assert.Equal(2, delta.Scale);
            Assert.Equal(tensor.GetProperty("sha256_f32").GetString(), GgufGoldens.Hash(name.Contains("lora_A", StringComparison.Ordinal) ? delta.A : delta.B));
        }
    }

    [Theory]
    [InlineData("lora-pirate-f32.gguf", 1e-3f)]
    [InlineData("lora-pirate-f16.gguf", 2e-2f)]
    public async Task ConvertAsync_WithAdapterFile_GivesTheMergedModelsLogits(string file, float tolerance)
    {
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32, LoraPath = Path.Combine(SharedData.Require("goldens-gguf", "lora"), file) };
        await using var package = await ConvertedPackage.CreateAsync(SharedData.Require("tiny-gemma", "tiny-gemma-it"), options);
        using var engine = await package.OpenAsync();
        var golden = GgufGoldens.Read("lora", "expected.json").GetProperty("logits");
        var ids = golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, ids, ids.Length)], TestContext.Current.CancellationToken);
        LogitsAssert.Close(golden, sequence.Logits, file, tolerance);
    }
}
