using System.Text.Json;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Heads;

/// <summary>Several heads over one backbone.</summary>
public sealed class SharedBackboneTests
{
    [Fact]
    public async Task Convert_ClassifierWithTheSameBackbone_GivesBothHeadsTheirOwnResults()
    {
        var second = SharedData.Require("goldens", "cls-3");
        await using var model = await HeadFixture.OpenAsync(SharedData.Require("goldens", "cls-2"), new ConversionOptions
        {
            Precision = ModelPrecision.Fp32,
            Heads = [new HeadSource(second, "mood")],
        });
        Assert.Equal(["default", "mood"], model.Package.Manifest!.Heads);
        Assert.Equal(["negative", "neutral", "positive"], model.Package.Heads["mood"].Labels);

        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(second, "goldens.json"), TestContext.Current.CancellationToken));
        foreach (var (head, root) in new[] { ("default", model.Goldens), ("mood", goldens.RootElement) })
        {
            var golden = root.GetProperty("sequence_classification")[0];
            var result = await model.ClassifyAsync(model.Package.Heads[head], HeadFixture.Inputs(golden)![0]);
            HeadFixture.AssertClose(HeadFixture.Numbers(golden.GetProperty("logits")), [.. result.Scores.Select(score => score.Logit)], 2e-4f, head);
        }
    }

    [Fact]
    public async Task Convert_OtherBackbone_IsRefusedAndNamesTheWeight()
    {
        var folder = SharedData.Require("goldens", "cls-3-regression");
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32, Heads = [new HeadSource(folder)] };
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => HeadFixture.OpenAsync(SharedData.Require("goldens", "cls-2"), options));
        Assert.Equal("model.embed_tokens.weight", error.Field);
        Assert.Contains("package of its own", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_HeadOfAnotherSize_IsRefusedAndNamesTheField()
    {
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32, Heads = [new HeadSource(SharedData.Require("tiny-gemma", "reward"))] };
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => HeadFixture.OpenAsync(SharedData.Require("goldens", "cls-2"), options));
        Assert.Equal("hidden_size", error.Field);
    }

    [Fact]
    public async Task Convert_TwoHeadsOfOneName_IsRefused()
    {
        var options = new ConversionOptions { Precision = ModelPrecision.Fp32, Heads = [new HeadSource(SharedData.Require("goldens", "cls-3"), "default")] };
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => HeadFixture.OpenAsync(SharedData.Require("goldens", "cls-2"), options));
        Assert.Contains("--head FOLDER=name", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("topics", ModelPrecision.Fp32)]
    [InlineData("reward", ModelPrecision.Fp32)]
    [InlineData("topics", ModelPrecision.Int4)]
    [InlineData("topics", ModelPrecision.W8A8)]
    public async Task Read_ScoreOverTheChatModel_GivesTheTrainedResults(string name, ModelPrecision precision)
    {
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(SharedData.Require("tiny-gemma", "goldens.json"),
            TestContext.Current.CancellationToken));
        var options = new ConversionOptions { Precision = precision, Heads = [new HeadSource(SharedData.Require("tiny-gemma", name))] };
        await using var model = await HeadFixture.OpenAsync(SharedData.Require("tiny-gemma", "tiny-gemma-it"), options);
        var head = model.Package.Heads[name];
        var items = goldens.RootElement.GetProperty("classification").GetProperty(name).EnumerateArray().ToArray();
        var results = await Task.WhenAll(items.Select(item => model.ClassifyAsync(head, Ids(item))));
        foreach (var (item, result) in items.Zip(results))
        {
            // The goldens' own "labels" are what the texts were made for; the trained head's answers are its logits.
            float[] expected = [.. item.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle())];
            if (head.ProblemType == ClassificationProblem.MultiLabel)
                Assert.Equal(head.Labels.Where((_, label) => expected[label] >= 0), result.SelectedLabels);
            if (precision == ModelPrecision.Fp32) HeadFixture.AssertClose(expected, [.. result.Scores.Select(score => score.Logit)], 1e-3f, name);
        }
    }

    [Theory]
    [InlineData(ModelPrecision.Fp32)]
    [InlineData(ModelPrecision.Int4)]
    [InlineData(ModelPrecision.W8A8)]
    public async Task Read_SentimentCheckpoint_GivesTheTrainedLabelsWhateverTheBatch(ModelPrecision precision)
    {
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(SharedData.Require("tiny-gemma", "goldens.json"),
            TestContext.Current.CancellationToken));
        await using var model = await HeadFixture.OpenAsync(SharedData.Require("tiny-gemma", "sentiment"), new ConversionOptions { Precision = precision });
        var head = model.Package.Heads["default"];
        var items = goldens.RootElement.GetProperty("classification").GetProperty("sentiment").EnumerateArray().ToArray();
        var together = await Task.WhenAll(items.Select(item => model.ClassifyAsync(head, Ids(item))));
        foreach (var (item, result) in items.Zip(together))
        {
            Assert.Equal(item.GetProperty("label").GetString(), result.Label);
            if (precision == ModelPrecision.Fp32)
            {
                HeadFixture.AssertClose([.. item.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle())],
                    [.. result.Scores.Select(score => score.Logit)], 1e-3f, "sentiment");
            }
            var alone = await model.ClassifyAsync(head, Ids(item));
            Assert.Equal<IEnumerable<LabelScore>>(alone.Scores, result.Scores);
        }
    }

    private static int[] Ids(JsonElement item) => [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
}
