using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>What a file says and no package could honour is refused by the key's or tensor's name, before anything is left on disk.</summary>
public sealed class GgufRefusalTests : IDisposable
{
    private const uint Int8 = 24;
    private const uint Int16 = 25;
    private const uint Int32 = 26;
    private const uint Int64 = 27;
    private const uint Mxfp4 = 39;

    private static readonly (string Name, int Rows)[] Attention = [("attn_q", 32), ("attn_k", 16), ("attn_v", 16), ("attn_output", 32)];

    private static readonly Dictionary<string, (Func<GgufBuilder> File, string Named)> Files = new()
    {
        ["no layers"] = (() => SmallGguf.Create().Set("gemma.block_count", 0UL), "gemma.block_count: 0 is not between"),
        ["no attention heads"] = (() => SmallGguf.Create().Set("gemma.attention.head_count", 0UL).Set("gemma.attention.key_length", null),
            "gemma.attention.head_count"),
        ["more layers than 63 bits"] = (() => SmallGguf.Create().Set("gemma.block_count", ulong.MaxValue), "gemma.block_count"),
        ["no period"] = (() => SmallGguf.Create("gemma3").Set("gemma3.attention.sliding_window", 4).Set("gemma3.attention.sliding_window_pattern", 0UL),
            "sliding_window_pattern"),
        ["norm of integers"] = (() => SmallGguf.Create().AddBytes("blk.1.attn_norm.weight", Int16, new byte[64], 32),
            "blk.1.attn_norm.weight: the tensor's type is Int16"),
        ["matrix of integers"] = (() => SmallGguf.Create().AddBytes("blk.0.attn_q.weight", Int8, new byte[1024], 32, 32), "blk.0.attn_q.weight"),
        ["rotary factors of integers"] = (() => SmallGguf.Create().AddBytes("rope_freqs.weight", Int32, new byte[32], 8), "rope_freqs.weight"),
        ["dense layers of integers"] = (() => WithDense(layers => layers.AddBytes("dense_3.weight", Int64, new byte[8192], 32, 32)), "dense_3.weight"),
        ["one dense layer"] = (() => WithDense(layers => layers.Remove("dense_3.weight")), "dense_3.weight: the tensor is missing"),
        ["bias of keys only"] = (() => SmallGguf.Create().Add("blk.0.attn_k.bias", new float[16], [16]), "q_proj.bias"),
        ["bias of a later layer only"] = (() => Enumerable.Range(0, 4).Aggregate(SmallGguf.Create(), (builder, i) =>
            builder.Add($"blk.1.{Attention[i].Name}.bias", new float[Attention[i].Rows], [Attention[i].Rows])), "model.layers.0.self_attn.q_proj.bias"),
        ["bias of three projections"] = (() => SmallGguf.Create().Add("blk.0.attn_qkv.bias", new float[64], [64]), "blk.0.attn_qkv.bias"),
        ["weight beyond float16"] = (() => SmallGguf.Create().Add("blk.1.ffn_down.weight", [70000, .. new float[2047]], [32, 64]),
            "model.layers.1.mlp.down_proj.weight: a weight does not fit into float16"),
        ["scale times code beyond float32"] = (() => SmallGguf.Create().AddBytes("blk.0.attn_q.weight", Mxfp4, MxBlocks(exponent: 254), 32, 32),
            "q_proj.weight: a weight is NaN or infinite"),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("gguf-refusal-").FullName;

    public static TheoryData<string> Names => [.. Files.Keys];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ConvertAsync_FileThatCannotBeHonoured_IsRefusedByName(string name)
    {
        var (file, named) = Files[name];
        var path = Path.Combine(_folder, "model.gguf");
        file().Write(path);
        var precision = name.StartsWith("scale", StringComparison.Ordinal) ? ModelPrecision.Keep : ModelPrecision.Fp16;
        var exception = await Assert.ThrowsAsync<InvalidModelException>(() => new CheckpointConverter()
            .ConvertAsync(path, Path.Combine(_folder, "package"), new ConversionOptions { Precision = precision }, null,
                TestContext.Current.CancellationToken));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    private static GgufBuilder WithDense(Func<GgufBuilder, GgufBuilder> change) =>
        change(SmallGguf.Create("gemma-embedding").Add("dense_2.weight", new float[1024], [32, 32]).Add("dense_3.weight", new float[1024], [32, 32]));

    // Codes of 12, the largest.
    private static byte[] MxBlocks(byte exponent) =>
        [.. Enumerable.Repeat((byte[])[exponent, .. Enumerable.Repeat((byte)0x77, 16)], 32).SelectMany(block => block)];
}
