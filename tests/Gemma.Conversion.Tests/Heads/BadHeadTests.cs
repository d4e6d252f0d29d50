using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Heads;

/// <summary>Classifier checkpoints that must be refused, and files of a package's head that were damaged afterwards.</summary>
public sealed class BadHeadTests
{
    [Theory]
    [InlineData("score-missing", "score.weight")]
    [InlineData("score-shape-mismatch", "score.weight")]
    [InlineData("labels-not-contiguous", "id2label")]
    public async Task Convert_BadClassifier_IsRefusedAndNamesTheField(string name, string field)
    {
        var error = await Assert.ThrowsAsync<InvalidModelException>(() =>
            HeadFixture.OpenAsync(SharedData.Require("goldens", "bad", name), new ConversionOptions { Precision = ModelPrecision.Fp32 }));
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public async Task Convert_GoodClassifier_IsAccepted()
    {
        await using var model = await HeadFixture.OpenAsync(SharedData.Require("goldens", "bad", "control-classifier"), new ConversionOptions
        {
            Precision = ModelPrecision.Fp32,
        });
        Assert.Single(model.Package.Heads);
    }

    [Fact]
    public void Read_NaNInAHead_IsRefused()
    {
        using var package = new TemporaryHead([1, float.NaN, 3, 4], ["a", "b"]);
        Assert.Equal("score.weight", Assert.Throws<InvalidModelException>(() => HeadFolder.Read(package.Folder, "h", 2)).Field);
    }

    [Fact]
    public void Read_MoreLabelsThanRows_IsRefused()
    {
        using var package = new TemporaryHead([1, 2, 3, 4], ["a", "b"]);
        var path = Path.Combine(package.Folder, "heads", "h", "head.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"a\"", "\"a\", \"c\"", StringComparison.Ordinal));
        Assert.Contains("do not match the head's rows", Assert.Throws<InvalidModelException>(() => HeadFolder.Read(package.Folder, "h", 2)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OtherBackboneWidth_IsRefused()
    {
        using var package = new TemporaryHead([1, 2, 3, 4], ["a", "b"]);
        Assert.Equal("hidden_size", Assert.Throws<InvalidModelException>(() => HeadFolder.Read(package.Folder, "h", 3)).Field);
    }

    [Fact]
    public void Read_TruncatedWeights_IsRefused()
    {
        using var package = new TemporaryHead([1, 2, 3, 4], ["a", "b"]);
        using (var file = File.OpenWrite(Path.Combine(package.Folder, "heads", "h", "score.safetensors"))) file.SetLength(file.Length - 4);
        Assert.Throws<InvalidModelException>(() => HeadFolder.Read(package.Folder, "h", 2));
    }

    [Fact]
    public void Read_TwoLabelsOfOneName_IsRefused()
    {
        using var package = new TemporaryHead([1, 2, 3, 4], ["a", "a"]);
        Assert.Equal("labels", Assert.Throws<InvalidModelException>(() => HeadFolder.Read(package.Folder, "h", 2)).Field);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("näme")]
    public void Read_NameThatIsNoFolderName_IsRefused(string name) => Assert.Throws<InvalidModelException>(() => HeadFolder.Read(Path.GetTempPath(), name, 2));

    private sealed class TemporaryHead : IDisposable
    {
        public TemporaryHead(float[] weight, string[] labels)
        {
            Folder = Directory.CreateTempSubdirectory("gemma-head-").FullName;
            HeadFolder.Write(Folder, new ClassificationHead(weight, null)
            {
                Name = "h",
                Kind = ClassificationHeadKind.Sequence,
                Labels = labels,
                ProblemType = ClassificationProblem.Unspecified,
                PadTokenId = 0,
                HiddenSize = weight.Length / labels.Length,
            });
        }

        public string Folder { get; }

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
