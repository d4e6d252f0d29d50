using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Heads;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints.Adapters;

/// <summary>A classification head that PEFT saved with an adapter makes the checkpoint a classifier.</summary>
public sealed class LoraHeadTests : IDisposable
{
    private const string Module = "model.layers.1.mlp.down_proj";
    private const string SavesHead = """{"peft_type": "LORA", "r": 1, "task_type": "SEQ_CLS", "modules_to_save": ["classifier", "score"]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-lora-").FullName;
    private readonly CheckpointFolder _checkpoint = CheckpointFolder.Open(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens",
        "gemma1-odd-shapes"));

    public void Dispose()
    {
        _checkpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("score.weight")]
    [InlineData("score.modules_to_save.weight")]
    [InlineData("score.modules_to_save.default.weight")]
    public void Open_HeadInEverySpelling_IsTheClassifiers(string name)
    {
        var weight = Write(SavesHead, rows: 3, name, "score.original_module.weight");
        using var reader = LoraReader.Open(_folder, _checkpoint.Reader);
        var config = _checkpoint.LoadConfig(null);
        var whole = AdapterClassifier.Of(config, reader);
        Assert.Equal((GemmaArchitecture.SequenceClassification, "GemmaForSequenceClassification"), (whole.Architecture, whole.ClassName));
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], whole.Labels);
        Assert.Equal(weight, ScoreReader.Read(reader, whole, _folder, "default").Weight.ToArray());
    }

    [Fact]
    public void Of_NamedLabelsAndTokens_AreKept()
    {
        Write("""{"peft_type": "LORA", "r": 1, "task_type": "TOKEN_CLS"}""", rows: 2, "score.weight");
        using var reader = LoraReader.Open(_folder, _checkpoint.Reader);
        var named = GemmaConfig.Parse(File.ReadAllText(Path.Combine(_checkpoint.Folder, "config.json"))
            .Replace("{", "{\"id2label\": {\"0\": \"no\", \"1\": \"yes\"},", StringComparison.Ordinal));
        var whole = AdapterClassifier.Of(named, reader);
        Assert.Equal(GemmaArchitecture.TokenClassification, whole.Architecture);
        Assert.Equal(["no", "yes"], whole.Labels);
    }

    [Fact]
    public void Of_AdapterWithoutHead_ChangesNothing()
    {
        Write("""{"peft_type": "LORA", "r": 1}""", rows: 2);
        using var reader = LoraReader.Open(_folder, _checkpoint.Reader);
        var config = _checkpoint.LoadConfig(null);
        Assert.Same(config, AdapterClassifier.Of(config, reader));
    }

    [Theory]
    [InlineData(SavesHead, null, "score.weight")]
    [InlineData(SavesHead, "score.bias", "score.weight")]
    [InlineData(SavesHead, "classifier.weight", "score.weight")]
    [InlineData("""{"peft_type": "LORA", "r": 1, "modules_to_save": ["score", "embed_tokens"]}""", "score.weight", "embed_tokens")]
    public void Open_HeadThatIsNone_IsRefusedWithTheReason(string config, string? name, string reason)
    {
        Write(config, rows: 2, name is null ? [] : [name]);
        Assert.Contains(reason, Assert.Throws<InvalidModelException>(() => LoraReader.Open(_folder, _checkpoint.Reader)).Message, StringComparison.Ordinal);
    }

    private float[] Write(string config, int rows, params ReadOnlySpan<string> heads)
    {
        var shape = _checkpoint.Reader.Tensors[Module + ".weight"].Shape;
        var hidden = (int)_checkpoint.Reader.Tensors["model.norm.weight"].Shape[0];
        float[] weight = [.. Enumerable.Range(0, rows * hidden).Select(i => MathF.Sin(i))];
        var file = new SafetensorsBuilder().Add($"base_model.model.{Module}.lora_A.weight", new float[shape[1]], 1, (int)shape[1])
            .Add($"base_model.model.{Module}.lora_B.weight", new float[shape[0]], (int)shape[0], 1);
        foreach (var name in heads) file.Add("base_model.model." + name, weight, rows, hidden);
        file.Write(Path.Combine(_folder, "adapter_model.safetensors"));
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), config);
        return weight;
    }
}
