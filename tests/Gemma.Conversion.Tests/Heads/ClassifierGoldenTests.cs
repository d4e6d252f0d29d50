using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Heads;

/// <summary>Classifier checkpoints that transformers computed results from.</summary>
public sealed class ClassifierGoldenTests
{
    // A clone without the reference data still has one of each kind.
    public static TheoryData<string> SequenceNames => Names("*cls-*");

    public static TheoryData<string> TokenNames => Names("tok-*");

    [Theory]
    [MemberData(nameof(SequenceNames))]
    public async Task Read_SequenceClassifierInFp32_GivesTransformersLogitsAndPipeline(string name)
    {
        await using var model = await HeadFixture.OpenAsync(Path.Combine(SharedData.Goldens, name), new ConversionOptions { Precision = ModelPrecision.Fp32 });
        var head = model.Package.Heads["default"];
        var cases = 0;
        foreach (var golden in model.Goldens.GetProperty("sequence_classification").EnumerateArray())
        {
            // transformers refuses batches without a padding id; here they are only not in the goldens. A hidden id between visible ones is refused.
            if (!golden.TryGetProperty("logits", out var expected) || HeadFixture.Inputs(golden) is not { } inputs) continue;
            var results = await Task.WhenAll(inputs.Select(ids => model.ClassifyAsync(head, ids)));
            var what = $"{name}: {golden.GetProperty("id").GetString()}";
            HeadFixture.AssertClose(HeadFixture.Numbers(expected), [.. results.SelectMany(result => result.Scores.Select(score => score.Logit))], 2e-4f, what);
            foreach (var (result, pipeline) in results.Zip(golden.GetProperty("pipeline").EnumerateArray()))
            {
                Assert.Equal(pipeline.GetProperty("default").GetProperty("label").GetString(), result.Label);
                foreach (var score in pipeline.GetProperty("top_k_none").EnumerateArray())
                {
                    HeadFixture.AssertClose([score.GetProperty("score").GetSingle()], [result[score.GetProperty("label").GetString()!]],
                        head.ProblemType == ClassificationProblem.Regression ? 2e-4f : 1e-5f, what);
                }
            }

            cases++;
        }

        Assert.True(cases >= 5, $"{name}: only {cases} cases were compared");
    }

    [Theory]
    [MemberData(nameof(TokenNames))]
    public async Task Read_TokenClassifierInFp32_GivesTransformersLogitsAndLabels(string name)
    {
        await using var model = await HeadFixture.OpenAsync(Path.Combine(SharedData.Goldens, name), new ConversionOptions { Precision = ModelPrecision.Fp32 });
        var head = model.Package.Heads["default"];
        Assert.Equal(ClassificationHeadKind.Token, head.Kind);
        foreach (var golden in model.Goldens.GetProperty("token_classification").EnumerateArray())
        {
            var inputs = HeadFixture.Inputs(golden)!;
            foreach (var row in golden.GetProperty("rows").EnumerateArray())
            {
                var result = await model.ClassifyTokensAsync(head, inputs[row.GetProperty("row").GetInt32()]);
                HeadFixture.AssertClose(HeadFixture.Numbers(row.GetProperty("logits")),
                    [.. result.Tokens.SelectMany(token => token.Result.Scores.Select(score => score.Logit))], 2e-4f,
                    $"{name}: {golden.GetProperty("id").GetString()}");
                Assert.Equal(row.GetProperty("labels").EnumerateArray().Select(label => label.GetString()), result.Tokens.Select(token => token.Result.Label));
            }
        }
    }

    private static TheoryData<string> Names(string pattern) =>
        [.. Directory.GetDirectories(SharedData.Goldens, pattern).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
}
