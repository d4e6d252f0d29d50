using Gemma.Conversion.Checkpoints;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Every container gives the tensors that the original tools give, bit by bit.</summary>
public sealed class CheckpointFormatTests
{
    public static TheoryData<string> Models => [.. FormatGoldens.Models];

    [Theory]
    [MemberData(nameof(Models))]
    public void Open_CheckpointInAnyContainer_GivesTheExpectedTensors(string model)
    {
        var folder = Path.Combine(FormatGoldens.Root, model);
        using var checkpoint = CheckpointFolder.Open(folder);
        checkpoint.Reader.Verify(TestContext.Current.CancellationToken);
        using var expected = CheckpointFiles.Of(Path.Combine(FormatGoldens.ResultsOf(folder), "expected", "model.safetensors")).Open(folder);
        ReaderAssert.Equal(expected, checkpoint.Reader, model, "lm_head.weight", "freqs_cis");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void LoadConfig_CheckpointInAnyContainer_GivesTheExpectedShape(string model)
    {
        var folder = Path.Combine(FormatGoldens.Root, model);
        using var checkpoint = CheckpointFolder.Open(folder);
        var config = checkpoint.LoadConfig(null);
        var expected = Runtime.Models.GemmaConfig.Load(Path.Combine(FormatGoldens.ResultsOf(folder), "expected", "config.json"));
        Assert.Equal(expected.Plan, config.Plan);
    }

    [Fact]
    public void Open_SingleFile_GivesTheSameAsItsFolder()
    {
        foreach (var file in FormatGoldens.Models.SelectMany(model =>
            Directory.GetFiles(Path.Combine(FormatGoldens.Root, model))
                .Where(file => Path.GetFileName(file) is "flax_model.msgpack" or "pytorch_model.bin"
                    || file.EndsWith(".ckpt", StringComparison.Ordinal)
                    || file.EndsWith(".index.json", StringComparison.Ordinal))))
        {
            using var folder = CheckpointFolder.Open(Path.GetDirectoryName(file)!);
            using var single = CheckpointFolder.Open(file);
            Assert.Equal(folder.Folder, single.Folder);
            ReaderAssert.Equal(folder.Reader, single.Reader, file);
        }
    }
}
