using System.Buffers.Binary;
using System.Text;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>What people give in place of a checkpoint is refused with its cause and the remedy.</summary>
public sealed class FolderDiagnosisTests : IDisposable
{
    private static readonly string Golden = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gemma1-mqa");

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("model.weights.h5", "Keras")]
    [InlineData("gemma.keras", "export_to_transformers")]
    [InlineData("model-Q4_K_M.gguf", "name one, such as")]
    [InlineData("model-00001-of-00002.safetensors", "index that names them (model.safetensors.index.json)")]
    [InlineData("pytorch_model-00002-of-00002.bin", "pytorch_model.bin.index.json")]
    [InlineData("weights.safetensors", "weights.safetensors are the weights, name that file")]
    [InlineData("snapshots/0123abc/config.json", "convert ")]
    [InlineData("models--google--gemma-2b/snapshots/0123abc/config.json", "cache of the Hugging Face hub")]
    [InlineData("notes.txt", "holds no weights")]
    public void Open_FolderWithoutWeights_SaysWhatItIs(string file, string words)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "{}");
        Assert.Contains(words, Assert.Throws<InvalidModelException>(() => CheckpointFolder.Open(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_Adapter_NamesItsBaseModel()
    {
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), """{"base_model_name_or_path": "google/gemma-2b"}""");
        Assert.Contains("(google/gemma-2b) with --lora", Assert.Throws<InvalidModelException>(() => CheckpointFolder.Open(_folder)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"model.", "\"base_model.model.model.", "merge_and_unload")]
    [InlineData("\"model.", "\"_orig_mod.model.", "compiled")]
    [InlineData("\"model.", "\"module.model.", "in parallel")]
    [InlineData("q_proj.weight", "q_proj.base_layer.weight", "an adapter in it")]
    [InlineData("self_attn", "attention", "'model.layers.0.attention.q_proj.weight' looks like it")]
    [InlineData("mlp.gate_proj", "mlp.w1", "'model.layers.0.mlp.w1.weight' looks like it")]
    [InlineData("self_attn", "x.y", "download it again")]
    public async Task ConvertAsync_RenamedTensors_SaysWhatLooksLikeThem(string old, string name, string words)
    {
        foreach (var file in Directory.EnumerateFiles(Golden)) File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        Rename(Path.Combine(_folder, "model.safetensors"), old, name);
        var error = await Assert.ThrowsAsync<InvalidModelException>(() =>
            new CheckpointConverter().ConvertAsync(_folder, _folder + "-package", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    private static void Rename(string path, string old, string name)
    {
        var bytes = File.ReadAllBytes(path);
        var end = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes.AsSpan(8, end - 8)).Replace(old, name, StringComparison.Ordinal));
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(path, [.. length, .. header, .. bytes.AsSpan(end)]);
    }
}
