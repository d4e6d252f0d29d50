using Gemma.Conversion.Quantization;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Quantization;

/// <summary>w8a8: every token has its own scale, so that the company it keeps cannot change its result.</summary>
public sealed class ChannelPrecisionTests
{
    private static readonly int[][] Texts = [[2, 17, 99, 4, 121, 33, 8], [2, 5], [2, 140, 13, 77, 150, 151, 152, 60, 61, 62, 63], [2]];

    [Theory]
    [InlineData("gemma1-mqa")]
    [InlineData("gemma1-odd-shapes")]
    [InlineData("gemma1-attention-bias")]
    public async Task Run_RaggedBatch_GivesEachTextItsOwnResultBitForBit(string name)
    {
        var checkpoint = GoldenCheckpointTests.FolderOf(name);
        Assert.SkipUnless(Directory.Exists(checkpoint), $"the reference data (../shared) with {name} is not beside this checkout");
        await using var package = await ConvertedPackage.CreateAsync(checkpoint, new ConversionOptions { Precision = ModelPrecision.W8A8 });
        using var engine = await package.OpenAsync();
        var alone = Texts.Select(text =>
        {
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, text)], TestContext.Current.CancellationToken);
            return sequence.Logits.ToArray();
        }).ToArray();

        var sequences = Texts.Select(_ => engine.CreateSequence()).ToArray();
        engine.Run([.. Texts.Select((text, i) => new EngineInput(sequences[i], text))], TestContext.Current.CancellationToken);
        for (var i = 0; i < Texts.Length; i++) Assert.Equal(alone[i], sequences[i].Logits.ToArray());
        foreach (var sequence in sequences) sequence.Dispose();
    }

    [Fact]
    public async Task ConvertAsync_Report_NamesEveryMatrixWithASmallError()
    {
        var report = new QuantizationReport();
        await using var package = await ConvertedPackage.CreateAsync(GoldenCheckpointTests.FolderOf("gemma1-mqa"), new ConversionOptions
        {
            Precision = ModelPrecision.W8A8,
            Report = report,
        });
        Assert.Contains(report.Tensors, tensor => tensor.Name.Contains("qkv_proj", StringComparison.Ordinal));
        Assert.All(report.Tensors, tensor => Assert.InRange(tensor.RelativeSquaredError, 0, 2e-4));
    }
}
