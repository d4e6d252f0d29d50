using System.Runtime.InteropServices;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>A file whose matrices are plain numbers of several types keeps each of them.</summary>
public sealed class GgufKeepTests : IDisposable
{
    private const uint Float16 = 1;

    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-keep-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ConvertAsync_KeepOfMixedNumbers_RoundsNone()
    {
        // The embedding is most of it.
        var path = Path.Combine(_folder, "model.gguf");
        InHalves(InHalves(SmallGguf.Create(), "token_embd.weight", SmallGguf.Rows, SmallGguf.Hidden), "blk.0.attn_q.weight", 32, 32).Write(path);
        var (exact, exactBytes) = await ConvertAsync(path, ModelPrecision.Fp32);
        var (kept, keptBytes) = await ConvertAsync(path, ModelPrecision.Keep);
        Assert.Equal(exact, kept);
        Assert.InRange(keptBytes, 0, exactBytes - (SmallGguf.Rows * SmallGguf.Hidden * sizeof(ushort)));
    }

    [Fact]
    public void LoadConfig_BiasesOfAttentionInEveryLayer_AreTheModels()
    {
        var builder = SmallGguf.Create();
        for (var layer = 0; layer < SmallGguf.Layers; layer++)
        {
            foreach (var (name, rows) in ((string, int)[])[("attn_q", 32), ("attn_k", 16), ("attn_v", 16), ("attn_output", 32)])
                builder.Add($"blk.{layer}.{name}.bias", new float[rows], [rows]);
        }

        var path = Path.Combine(_folder, "model.gguf");
        builder.Write(path);
        using var checkpoint = CheckpointFolder.Open(path);
        var config = checkpoint.LoadConfig(null);
        Assert.Contains(config.Plan.Tensors(), tensor => tensor.Name == "layers.1.self_attn.o_proj.bias");
        Assert.Empty(Gemma.Conversion.Weights.GemmaTensors.Open(config, checkpoint.Reader, path).Unused);
    }

    private static GgufBuilder InHalves(GgufBuilder builder, string name, int rows, int width)
    {
        var random = new Random(name.Length);
        Half[] values = [.. Enumerable.Range(0, rows * width).Select(_ => (Half)(random.NextSingle() - 0.5f))];
        return builder.AddBytes(name, Float16, MemoryMarshal.AsBytes<Half>(values).ToArray(), rows, width);
    }

    private static async Task<(float[] Logits, long Bytes)> ConvertAsync(string path, ModelPrecision precision)
    {
        await using var package = await ConvertedPackage.CreateAsync(path, new ConversionOptions { Precision = precision });
        using var engine = await package.OpenAsync();
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, new[] { 2, 17, 99, 4 })], TestContext.Current.CancellationToken);
        return (sequence.Logits.ToArray(), new FileInfo(Path.Combine(package.Folder, "package", "model.onnx.data")).Length);
    }
}
