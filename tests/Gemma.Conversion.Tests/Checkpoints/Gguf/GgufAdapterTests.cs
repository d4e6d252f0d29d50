using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>An adapter in GGUF is the adapter that PEFT saved.</summary>
public sealed class GgufAdapterTests : IDisposable
{
    private const float Alpha = 2;

    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-adapter-").FullName;

    private string Adapter => Path.Combine(_folder, "adapter.gguf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

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

    [Fact]
    public void Open_AdapterOfRankOne_IsMerged()
    {
        const string Name = "model.layers.1.mlp.down_proj.weight";
        WriteAdapter("gemma");
        using var checkpoint = WriteModel();
        using var reader = LoraReader.Open(Adapter, checkpoint.Reader, checkpoint.LoadConfig(null).Family.TextFamily);
        var (merged, stored) = (new float[SmallGguf.Hidden * SmallGguf.Width], new float[SmallGguf.Hidden * SmallGguf.Width]);
        reader.Read(Name, 0, merged);
        checkpoint.Reader.Read(Name, 0, stored);
        for (var i = 0; i < merged.Length; i++)
            Assert.Equal(stored[i] + (Alpha * RowOf(i / SmallGguf.Width) * ColumnOf(i % SmallGguf.Width)), merged[i], 1e-5f);
    }

    [Theory]
    [InlineData("gemma3", "gemma3", true)]
    [InlineData("gemma3", "gemma3_text", true)]
    [InlineData("gemma4", "gemma4", true)]
    [InlineData("gemma4", "gemma4_unified", true)]
    [InlineData("gemma3", "gemma2", false)]
    [InlineData("gemma4", "gemma3", false)]
    public void Open_AdapterOfATextModel_FitsItsFamily(string architecture, string modelType, bool fits)
    {
        WriteAdapter(architecture);
        using var checkpoint = WriteModel();
        using var json = System.Text.Json.JsonDocument.Parse($$"""{"model_type": "{{modelType}}"}""");
        var family = Gemma.Runtime.Models.Architecture.ModelFamily.Of(Gemma.Json.JsonSection.Root("config.json", json)).TextFamily;
        var error = Record.Exception(() => LoraReader.Open(Adapter, checkpoint.Reader, family).Dispose());
        if (fits) Assert.Null(error);
        else Assert.Contains("belongs to models of type", Assert.IsType<InvalidModelException>(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AdapterThatWaitsForTokens_IsRefused()
    {
        WriteAdapter("gemma", ("adapter.alora.invocation_tokens", new[] { 5, 6 }));
        Assert.Contains("adapter.alora.invocation_tokens", Assert.Throws<InvalidModelException>(() => LoraAdapter.Open(Adapter)).Message,
            StringComparison.Ordinal);
    }

    private static float RowOf(int row) => 0.01f * row;

    private static float ColumnOf(int column) => 0.5f - (0.01f * column);

    private CheckpointFolder WriteModel()
    {
        var path = Path.Combine(_folder, "model.gguf");
        SmallGguf.Create().Write(path);
        return CheckpointFolder.Open(path);
    }

    private void WriteAdapter(string architecture, params ReadOnlySpan<(string Key, object Value)> more)
    {
        var builder = new GgufBuilder().Set("general.type", "adapter").Set("general.architecture", architecture).Set("adapter.type", "lora")
            .Set("adapter.lora.alpha", Alpha);
        foreach (var (key, value) in more) builder.Set(key, value);
        builder.Add("blk.1.ffn_down.weight.lora_a", [.. Enumerable.Range(0, SmallGguf.Width).Select(ColumnOf)], [1, SmallGguf.Width])
            .Add("blk.1.ffn_down.weight.lora_b", [.. Enumerable.Range(0, SmallGguf.Hidden).Select(RowOf)], [SmallGguf.Hidden, 1])
            .Write(Adapter);
    }
}
