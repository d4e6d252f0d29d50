using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary>gemma score on texts, control tokens among them.</summary>
public sealed class ScoreTextTests(TinyGemma tiny)
{
    [Fact]
    public async Task Score_TextsOfGoldens_GivesTransformersIdsAndLogProbabilities()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32);
        var goldens = TinyGemmaGoldens.Root.GetProperty("logprobs").EnumerateArray().ToArray();
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["score", package, "--json"],
                string.Concat(goldens.Select(golden => $"{{\"text\": {golden.GetProperty("text").GetRawText()}}}\n")));
        Assert.True(exitCode == 0, error);
        foreach (var (golden, line) in goldens.Zip(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            var score = JsonElement.Parse(line);
            Assert.Equal(TinyGemmaGoldens.Ids(golden, "ids"), TinyGemmaGoldens.Ids(score, "ids"));
            var actual = score.GetProperty("log_probs").EnumerateArray().Skip(1).Select(value => value.GetDouble());
            foreach (var (expected, value) in golden.GetProperty("logprobs").EnumerateArray().Zip(actual)) Assert.Equal(expected.GetDouble(), value, 1e-3);
        }
    }
}
