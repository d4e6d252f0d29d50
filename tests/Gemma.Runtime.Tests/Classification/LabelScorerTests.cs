using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Classification;

/// <summary>From logits to scores, winners and given labels.</summary>
public sealed class LabelScorerTests
{
    private static readonly string[] Labels = ["a", "b", "c"];

    [Fact]
    public void Score_SingleLabel_IsSoftmaxWithTheWinner()
    {
        var result = Score(ClassificationProblem.Unspecified, new ClassificationOptions(), 1, 3, 2);
        Assert.Equal("b", result.Label);
        Assert.Equal(0.6652f, result.Score, 4);
        Assert.Equal(1, result.Scores.Sum(score => score.Score), 5);
        Assert.Equal(["b"], result.SelectedLabels);
    }

    [Fact]
    public void Score_HugeLogits_DoNotOverflow()
    {
        var result = Score(ClassificationProblem.SingleLabel, new ClassificationOptions(), 1000, -1000, 999);
        Assert.Equal(0.7311f, result.Score, 4);
    }

    [Fact]
    public void Score_Temperature_FlattensButKeepsTheWinner()
    {
        var result = Score(ClassificationProblem.SingleLabel, new ClassificationOptions { Temperature = 10 }, 1, 3, 2);
        Assert.Equal("b", result.Label);
        Assert.InRange(result.Score, 0.34f, 0.40f);
        Assert.Equal(3, result.Best.Logit);
    }

    [Fact]
    public void Score_MultiLabel_GivesEveryLabelAboveItsThreshold()
    {
        var options = new ClassificationOptions { Thresholds = new Dictionary<string, float> { ["a"] = 0.9f } };
        Assert.Equal(["a", "b"], Score(ClassificationProblem.MultiLabel, new ClassificationOptions(), 1, 3, -2).SelectedLabels);
        Assert.Equal(["b"], Score(ClassificationProblem.MultiLabel, options, 1, 3, -2).SelectedLabels);
    }

    [Fact]
    public void Score_Regression_IsRaw()
    {
        var result = Score(ClassificationProblem.Regression, new ClassificationOptions { Thresholds = new Dictionary<string, float> { ["c"] = -3 } }, 1, 3, -2);
        Assert.Equal([1, 3, -2], result.Scores.Select(score => score.Score));
        Assert.Equal(["c"], result.SelectedLabels);
    }

    [Fact]
    public void Score_NaN_IsAnEngineError() =>
        Assert.Throws<EngineException>(() => Score(ClassificationProblem.SingleLabel, new ClassificationOptions(), 1, float.NaN, 2));

    [Fact]
    public void Fit_OverconfidentResults_RaisesTheTemperature()
    {
        // Right three times of four, with a logit difference of 4: honest would be ln 3.
        ClassificationResult[] results = [.. Enumerable.Repeat(Score(ClassificationProblem.SingleLabel, new ClassificationOptions(), 4, 0, -100), 4)];
        Assert.Equal(4 / MathF.Log(3), TemperatureCalibration.Fit(results, ["a", "a", "a", "b"]), 2);
    }

    [Theory]
    [InlineData(10, 4, 12, 8, 4)]
    [InlineData(4, 10, 12, 4, 8)]
    [InlineData(10, 10, 12, 6, 6)]
    [InlineData(10, 10, 13, 6, 7)]
    [InlineData(10, 9, 13, 7, 6)]
    [InlineData(3, 3, 12, 3, 3)]
    public void Share_Pair_CutsTheLongerOneFirst(int first, int second, int room, int keepFirst, int keepSecond) =>
        Assert.Equal((keepFirst, keepSecond), TextTruncation.Share(first, second, room));

    private static ClassificationResult Score(ClassificationProblem problem, ClassificationOptions options, params float[] logits) =>
        new LabelScorer(Labels, problem, options).Score(logits, 1, false);
}
