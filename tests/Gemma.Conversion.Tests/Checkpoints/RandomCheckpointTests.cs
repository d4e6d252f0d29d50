using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Random weights are the same in whatever pieces they are read, and a package made of them runs.</summary>
public sealed class RandomCheckpointTests
{
    private const string Gate = "model.layers.17.mlp.gate_proj.weight";

    [Fact]
    public void Read_InPieces_EqualsOneRead()
    {
        using var checkpoint = RandomCheckpoint.Create("2b");
        var whole = new float[1000];
        checkpoint.Read(Gate, 33_000_000, whole);
        var part = new float[123];
        checkpoint.Read(Gate, 33_000_501, part);
        Assert.Equal(whole[501..624], part);
    }

    [Fact]
    public void ReadRaw_Weights_AreThoseOfRead()
    {
        using var checkpoint = RandomCheckpoint.Create("2b");
        var (numbers, bytes) = (new float[77], new byte[154]);
        checkpoint.Read(Gate, 5, numbers);
        checkpoint.ReadRaw(Gate, 5, bytes);
        var widened = new float[77];
        Widening.ToSingle(bytes, TensorDataType.BFloat16, widened);
        Assert.Equal(numbers, widened);
    }

    [Fact]
    public void Read_Matrix_IsNearlyNormalWithRowsOfUnitLength()
    {
        using var checkpoint = RandomCheckpoint.Create("2b");
        var values = new float[1 << 16];
        checkpoint.Read(Gate, 0, values);
        Assert.InRange(values.Average(), -1e-3, 1e-3);
        Assert.InRange(values.Sum(value => value * value) * 2048 / values.Length, 0.98, 1.02);
        Assert.InRange(values.Max() * MathF.Sqrt(2048), 3, 4);
    }

    [Fact]
    public void Create_UnknownShape_Throws() => Assert.Throws<ArgumentException>(() => RandomCheckpoint.Create("9b"));

    [Fact]
    public async Task ConvertTensorsAsync_SmallShape_GivesAPackageThatRuns()
    {
        var config = TestShape.Create(99, 32, 64, 2, (2, 1), 16, 64, ", \"attention_bias\": true, \"tie_word_embeddings\": false");
        using var checkpoint = RandomCheckpoint.Create(config);
        await using var package = await ConvertedPackage.CreateAsync(checkpoint, config, new ConversionOptions { Precision = ModelPrecision.Int4 });
        using var engine = await package.OpenAsync();
        using var sequence = engine.CreateSequence();
        engine.Run([new EngineInput(sequence, new[] { 2, 3, 4 })], TestContext.Current.CancellationToken);
        Assert.Equal(99, sequence.Logits.Length);
        Assert.All(sequence.Logits.ToArray(), logit => Assert.True(float.IsFinite(logit)));
    }
}
