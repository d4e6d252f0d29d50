using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Weights;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>How a checkpoint's format is chosen.</summary>
public sealed class CheckpointFolderTests : IDisposable
{
    private static readonly string Goldens = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens");

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_SeveralFormats_TakesSafetensorsAndSaysSo()
    {
        Copy("gemma1-mqa/model.safetensors", "model.safetensors");
        Copy("formats/gckpt/2b-bf16-zip/2b-bf16-zip.ckpt", "other.ckpt");
        Copy("formats/flax/mqa-bf16/flax_model.msgpack", "flax_model.msgpack");
        var log = new ListLogger();
        using var checkpoint = CheckpointFolder.Open(_folder, log);
        Assert.Equal("safetensors", checkpoint.Reader.Format);
        Assert.Contains("model.safetensors is used", Assert.Single(log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SeveralGoogleFiles_AsksWhich()
    {
        Copy("formats/gckpt/2b-bf16-zip/2b-bf16-zip.ckpt", "a.ckpt");
        Copy("formats/gckpt/2b-bf16-zip/2b-bf16-zip.ckpt", "b.ckpt");
        Assert.Contains("name the one to convert", Assert.Throws<InvalidModelException>(() => CheckpointFolder.Open(_folder)).Message,
            StringComparison.Ordinal);
        using var checkpoint = CheckpointFolder.Open(Path.Combine(_folder, "b.ckpt"));
        Assert.Equal("google-ckpt", checkpoint.Reader.Format);
    }

    [Fact]
    public void Open_SeveralVariants_AsksWhich()
    {
        foreach (var name in (string[])["model.fp16.safetensors", "model.safetensors.index.bf16.json", "model-00001-of-00002.q8.safetensors"])
            File.WriteAllText(Path.Combine(_folder, name), "{}");
        var error = Assert.Throws<InvalidModelException>(() => CheckpointFolder.Open(_folder));
        Assert.Contains("(fp16, bf16)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_LinkedFile_IsFollowed()
    {
        // The Hugging Face cache keeps files elsewhere and links to them.
        File.CreateSymbolicLink(Path.Combine(_folder, "model.safetensors"), Path.Combine(Goldens, "gemma1-mqa", "model.safetensors"));
        using var checkpoint = CheckpointFolder.Open(_folder);
        Assert.NotEmpty(checkpoint.Reader.Tensors);
    }

    [Fact]
    public void LoadConfig_WithoutFile_IsRefusedForOtherFormats()
    {
        Copy("gemma1-mqa/model.safetensors", "model.safetensors");
        using var checkpoint = CheckpointFolder.Open(_folder);
        Assert.Contains("config.json", Assert.Throws<InvalidModelException>(() => checkpoint.LoadConfig(null)).Message, StringComparison.Ordinal);
        Assert.Equal(checkpoint.Reader.Tensors["model.embed_tokens.weight"].Shape[0],
            checkpoint.LoadConfig(Path.Combine(Goldens, "gemma1-mqa", "config.json")).VocabSize);
    }

    [Fact]
    public void Open_TypesThatAreNoWeights_AreRefusedWhereTheyAreUsed()
    {
        Copy("gemma1-mqa/config.json", "config.json");
        string[] types = ["U16", "U32", "U64", "F8_E4M3", "F8_E5M2", "F8_E8M0"];
        int[] sizes = [2, 4, 8, 1, 1, 1];
        var builder = new SafetensorsBuilder();
        foreach (var (type, size) in types.Zip(sizes)) builder.Add($"extra.{type}.weight", type, new byte[6 * size], 2, 3);
        using (var source = CheckpointFolder.Open(Path.Combine(Goldens, "gemma1-mqa")))
        {
            foreach (var (name, tensor) in source.Reader.Tensors)
                builder.Add(name, "F32", ReaderAssert.Bytes(source.Reader, name), [.. tensor.Shape.Select(size => (int)size)]);
        }

        builder.Write(Path.Combine(_folder, "model.safetensors"));
        using var checkpoint = CheckpointFolder.Open(_folder);
        var config = checkpoint.LoadConfig(null);
        Assert.Equal(types.Length, GemmaTensors.Open(config, checkpoint.Reader, _folder).Unused.Count);

        var adapter = Directory.CreateDirectory(Path.Combine(_folder, "adapter")).FullName;
        File.WriteAllText(Path.Combine(adapter, "adapter_config.json"), """{"peft_type": "LORA", "r": 1}""");
        new SafetensorsBuilder().Add("base_model.model.extra.U16.lora_A.weight", new float[3], 1, 3)
            .Add("base_model.model.extra.U16.lora_B.weight", new float[2], 2, 1).Write(Path.Combine(adapter, "adapter_model.safetensors"));
        var error = Assert.Throws<InvalidModelException>(() => LoraReader.Open(adapter, checkpoint.Reader));
        Assert.Contains("extra.U16.weight: the tensor's type is UInt16", error.Message, StringComparison.Ordinal);
    }

    private void Copy(string source, string name) => File.Copy(Path.Combine(Goldens, source), Path.Combine(_folder, name));
}
