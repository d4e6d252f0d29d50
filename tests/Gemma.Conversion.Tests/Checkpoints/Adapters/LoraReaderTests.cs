using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints.Adapters;

/// <summary>An adapter adds scale · B·A to the weights it names, however they are read; what cannot be merged is refused.</summary>
public sealed class LoraReaderTests : IDisposable
{
    private const string Module = "model.layers.1.mlp.down_proj";
    private const int Rank = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-lora-").FullName;
    private readonly CheckpointFolder _checkpoint = CheckpointFolder.Open(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens",
        "gemma1-odd-shapes"));
    private readonly Random _random = new(7);

    public void Dispose()
    {
        _checkpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("", 2.0)]
    [InlineData(", \"use_rslora\": true", 4.0)]
    [InlineData(", \"bias\": \"lora_only\", \"alora_invocation_tokens\": []", 2.0)]
    [InlineData(", \"alpha_pattern\": {\"down_proj\": 2}", 0.5)]
    [InlineData(", \"alpha_pattern\": {\"layers.0.mlp.down_proj\": 2, \"model.layers.1.mlp.down_proj\": 6}", 1.5)]
    [InlineData(", \"alpha_pattern\": {\"layers\\\\.(?!0\\\\.)[0-9]+\\\\.mlp\\\\.down_proj\": 6}", 1.5)]
    [InlineData(", \"fan_in_fan_out\": true, \"bias\": \"none\", \"init_lora_weights\": \"gaussian\"", 2.0)]
    public void Read_MergedWeight_IsWeightPlusScaledProduct(string options, double scale)
    {
        var (a, b) = WriteAdapter($"{{\"peft_type\": \"LORA\", \"r\": {Rank}, \"lora_alpha\": 8{options}}}");
        using var reader = LoraReader.Open(_folder, _checkpoint.Reader);
        var name = Module + ".weight";
        var (rows, width) = ((int)reader.Tensors[name].Shape[0], (int)reader.Tensors[name].Shape[1]);
        var expected = new float[rows * width];
        _checkpoint.Reader.Read(name, 0, expected);
        for (var i = 0; i < expected.Length; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < Rank; k++) sum += (double)b[((i / width) * Rank) + k] * a[(k * width) + (i % width)];
            expected[i] += (float)(scale * sum);
        }

        foreach (var (start, count) in new[] { (0, expected.Length), (width, 3 * width), (5, 7), (width - 2, (2 * width) + 1) })
        {
            var actual = new float[count];
            reader.Read(name, start, actual);
            for (var i = 0; i < count; i++)
                Assert.True(Math.Abs(actual[i] - expected[start + i]) < 1e-5, $"element {start + i} is {actual[i]} instead of {expected[start + i]}");
        }

        const string Untouched = "model.layers.0.mlp.down_proj.weight";
        Assert.Equal(ReaderAssert.Bytes(_checkpoint.Reader, Untouched), ReaderAssert.Bytes(reader, Untouched));
        Assert.Equal(TensorDataType.Float32, reader.Tensors[name].DataType);
    }

    [Fact]
    public async Task ConvertTensorsAsync_WithAdapter_MergesItAsAFolderDoes()
    {
        WriteAdapter($"{{\"peft_type\": \"LORA\", \"r\": {Rank}, \"lora_alpha\": 8}}");
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32, LoraPath = _folder };
        await using var fromFolder = await ConvertedPackage.CreateAsync(_checkpoint.Path, options);
        await using var fromTensors = await ConvertedPackage.CreateAsync(_checkpoint.Reader, _checkpoint.LoadConfig(null), options);
        await using var unmerged = await ConvertedPackage.CreateAsync(_checkpoint.Reader, _checkpoint.LoadConfig(null), options with { LoraPath = null });
        Assert.Equal(Weights(fromFolder), Weights(fromTensors));
        Assert.NotEqual(Weights(fromFolder), Weights(unmerged));

        static byte[] Weights(ConvertedPackage package) => File.ReadAllBytes(Path.Combine(package.Folder, "package", "model.onnx.data"));
    }

    [Theory]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 4, \"modules_to_save\": [\"score\"]}", "modules_to_save")]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 4, \"use_dora\": true}", "use_dora")]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 4, \"lora_bias\": true}", "lora_bias")]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 4, \"init_lora_weights\": \"pissa_niter_16\"}", "init_lora_weights")]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 4, \"target_parameters\": [\"x\"]}", "target_parameters")]
    [InlineData("{\"peft_type\": \"IA3\"}", "peft_type")]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 0}", "r:")]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 5}", "rank")]
    [InlineData("{\"peft_type\": \"LORA\", \"r\": 4, \"alpha_pattern\": {\"(\": 1}}", "pattern")]
    public void Open_AdapterThatCannotBeMerged_IsRefusedWithTheReason(string config, string reason)
    {
        WriteAdapter(config);
        Assert.Contains(reason, Assert.Throws<InvalidModelException>(() => LoraReader.Open(_folder, _checkpoint.Reader)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("base_model.model.model.layers.9.mlp.down_proj.lora_A.weight", "base_model.model.model.layers.9.mlp.down_proj.lora_B.weight", "no such weight")]
    [InlineData("base_model.model.model.layers.1.mlp.up_proj.lora_A.weight", "base_model.model.model.layers.1.mlp.up_proj.lora_B.weight",
        "belongs to another model")]
    [InlineData("base_model.model.lm_head.lora_A.weight", "base_model.model.lm_head.lora_B.weight", "the head is the embedding")]
    [InlineData("base_model.model.model.embed_tokens.lora_A.weight", "base_model.model.model.embed_tokens.lora_B.weight", "adapter of the embedding")]
    [InlineData("base_model.model.score.weight", "base_model.model.score.bias", "not a matrix")]
    [InlineData("base_model.model.x.lora_A.weight", "base_model.model.y.lora_B.weight", "missing")]
    public void Open_AdapterOfAnotherModel_IsRefusedWithTheReason(string nameA, string nameB, string reason)
    {
        WriteAdapter("{\"peft_type\": \"LORA\", \"r\": 4}", nameA, nameB);
        Assert.Contains(reason, Assert.Throws<InvalidModelException>(() => LoraReader.Open(_folder, _checkpoint.Reader)).Message, StringComparison.Ordinal);
    }

    private (float[] A, float[] B) WriteAdapter(string config, string nameA = "base_model.model." + Module + ".lora_A.weight",
        string nameB = "base_model.model." + Module + ".lora_B.weight")
    {
        var shape = _checkpoint.Reader.Tensors[Module + ".weight"].Shape;
        var (a, b) = (Numbers(Rank * (int)shape[1]), Numbers((int)shape[0] * Rank));
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), config);
        new SafetensorsBuilder().Add(nameA, a, Rank, (int)shape[1]).Add(nameB, b, (int)shape[0], Rank)
            .Write(Path.Combine(_folder, "adapter_model.safetensors"));
        return (a, b);
    }

    private float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.NextSingle() - 0.5f)];
}
