using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary>generate and score on converted goldens: JSON Lines in, results in their order, as transformers computes them.</summary>
public sealed class GenerateCommandTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-cli-").FullName;

    private static string Checkpoint => Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gemma1-mqa");

    private string Package => Path.Combine(_folder, "package");

    public async ValueTask InitializeAsync()
    {
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["convert", Checkpoint, "--output", Package, "--precision", "fp32"]);
        Assert.True(exitCode == 0, error);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Generate_WithDraft_GivesTheSameAsWithout()
    {
        string[] command = ["generate", Package, "--json", "--max-new-tokens", "40", "--do-sample", "true", "--seed", "3"];
        const string Line = "{\"ids\": [2, 5, 6, 7, 8]}";
        var alone = await GemmaCommand.RunAsync(command, Line);
        var drafted = await GemmaCommand.RunAsync([.. command, "--draft", Package], Line);
        Assert.True(drafted.ExitCode == 0, drafted.Error);
        Assert.Equal(alone.Output, drafted.Output);
    }

    [Fact]
    public async Task Generate_AllGoldenCallsAsLines_GivesTransformersSequencesInOrder()
    {
        using var goldens = Goldens();
        List<string> lines = [];
        List<(string What, int[][] Sequences, bool IsStopped, float[]? Scores)> expected = [];
        foreach (var golden in goldens.RootElement.GetProperty("generation").EnumerateArray())
        {
            var kwargs = golden.GetProperty("kwargs");
            int[] stops = !kwargs.TryGetProperty("eos_token_id", out var eos) ? [1] : eos.ValueKind == JsonValueKind.Array ? Ids(eos) : [eos.GetInt32()];
            var rows = golden.GetProperty("input_ids").GetArrayLength();
            var each = golden.GetProperty("sequences").GetArrayLength() / rows;
            for (var row = 0; row < rows; row++)
            {
                var prompt = golden.GetProperty("input_ids")[row];
                lines.Add($$"""{"ids": {{prompt}}, "attention_mask": {{golden.GetProperty("attention_mask")[row]}}, "options": {{kwargs}}}"""
                    .ReplaceLineEndings(" "));
                int[][] sequences = [.. Enumerable.Range(row * each, each)
                    .Select(i => UpToStop(Ids(golden.GetProperty("sequences")[i])[prompt.GetArrayLength()..], stops))];
                var scores = golden.TryGetProperty("sequences_scores", out var all)
                    ? all.GetProperty("data").EnumerateArray().Skip(row * each).Take(each).Select(e => e.GetSingle()).ToArray()
                    : null;
                expected.Add(($"{golden.GetProperty("id")} row {row}", sequences, stops.Contains(sequences[0][^1]), scores));
            }
        }

        var results = await RunAsync(lines, "generate", Package, "--json");
        Assert.Equal(expected.Count, results.Count);
        foreach (var ((what, sequences, isStopped, scores), result) in expected.Zip(results))
        {
            Assert.True(sequences[0].SequenceEqual(Ids(result.GetProperty("ids"))),
                $"{what}: {result.GetProperty("ids")} instead of [{string.Join(',', sequences[0])}]");
            Assert.Equal(isStopped ? "stop" : "length", result.GetProperty("finish_reason").GetString());
            Assert.Equal(sequences.Sum(sequence => sequence.Length), result.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
            if (sequences.Length == 1) continue;
            var several = result.GetProperty("sequences").EnumerateArray().ToArray();
            Assert.Equal(sequences, several.Select(sequence => Ids(sequence.GetProperty("ids"))));
            foreach (var (score, sequence) in scores!.Zip(several)) Assert.Equal(score, sequence.GetProperty("score").GetSingle(), 2e-4f);
        }
    }

    [Fact]
    public async Task Score_GoldenPrompts_GivesLogitsAndLogProbabilities()
    {
        using var goldens = Goldens();
        var forward = goldens.RootElement.GetProperty("forward").EnumerateArray().ToArray();
        var results = await RunAsync(forward.Select(golden => $$"""{"ids": {{golden.GetProperty("input_ids")[0]}}}""".ReplaceLineEndings(" ")), "score",
            Package, "--json", "--top", "4");
        foreach (var (golden, result) in forward.Zip(results))
        {
            var logits = golden.GetProperty("logits").GetProperty("data").EnumerateArray().Select(e => e.GetSingle()).ToArray();
            var vocabulary = golden.GetProperty("logits").GetProperty("shape")[2].GetInt32();
            var best = logits[^vocabulary..].Index().OrderByDescending(pair => pair.Item).Take(4).ToArray();
            var top = result.GetProperty("last_top").EnumerateArray().ToArray();
            Assert.Equal(best.Select(pair => pair.Index), top.Select(entry => entry.GetProperty("id").GetInt32()));
            foreach (var (pair, entry) in best.Zip(top)) Assert.Equal(pair.Item, entry.GetProperty("logit").GetSingle(), 2e-4f);
            var logProbabilities = result.GetProperty("log_probs").EnumerateArray().ToArray();
            Assert.Equal(JsonValueKind.Null, logProbabilities[0].ValueKind);
            if (golden.GetProperty("logits_positions").GetString() != "all") continue;
            var ids = Ids(golden.GetProperty("input_ids")[0]);
            var expected = Enumerable.Range(0, ids.Length - 1).Select(i => LogSoftmax(logits.AsSpan(i * vocabulary, vocabulary), ids[i + 1])).ToArray();
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], logProbabilities[i + 1].GetDouble(), 2e-4);
            if (expected.Length == 0) Assert.Equal(JsonValueKind.Null, result.GetProperty("perplexity").ValueKind);
            else Assert.Equal(1, Math.Exp(-expected.Average()) / result.GetProperty("perplexity").GetDouble(), 1e-3);
        }
    }

    [Fact]
    public async Task Generate_SamplingWithSeed_RepeatsItselfAndReportsProbabilities()
    {
        string[] arguments = ["generate", Package, "--json", "--do-sample", "--seed", "11", "--num-return-sequences", "3", "--max-new-tokens", "6",
            "--log-probs", "2"];
        var first = await RunAsync(["""{"ids": [2, 5, 9]}"""], arguments);
        var second = await RunAsync(["""{"ids": [2, 5, 9]}"""], arguments);
        Assert.Equal(first[0].GetRawText(), second[0].GetRawText());
        var sequences = first[0].GetProperty("sequences").EnumerateArray().ToArray();
        Assert.Equal(3, sequences.Select(sequence => sequence.GetProperty("ids").GetRawText()).Distinct().Count());
        foreach (var sequence in sequences)
        {
            Assert.Equal(sequence.GetProperty("ids").GetArrayLength(), sequence.GetProperty("log_probs").GetArrayLength());
            foreach (var (chosen, best) in sequence.GetProperty("log_probs").EnumerateArray().Zip(sequence.GetProperty("top_log_probs").EnumerateArray()))
            {
                Assert.Equal(2, best.GetArrayLength());
                Assert.True(best[0].GetProperty("log_prob").GetDouble() >= best[1].GetProperty("log_prob").GetDouble());
                Assert.InRange(chosen.GetDouble(), double.NegativeInfinity, best[0].GetProperty("log_prob").GetDouble());
            }
        }
    }

    [Theory]
    [InlineData("""{"ids": [2, 5], "options": {"temperature": 0, "do_sample": true}}""", "temperature")]
    [InlineData("""{"ids": [2, 5], "options": {"top_k": "many"}}""", "top_k")]
    [InlineData("""{"ids": [2, 5], "options": {"no_such_option": 1}}""", "no_such_option")]
    [InlineData("""{"ids": [2, 5], "options": {"max_length": 2}}""", "max_length")]
    [InlineData("""{"ids": [2, 5], "options": {"num_return_sequences": 2}}""", "num_return_sequences")]
    [InlineData("""{"ids": [2, 100000]}""", "100000")]
    [InlineData("""{"ids": []}""", "ids")]
    [InlineData("""{"ids": [2], "attention_mask": [0]}""", "attention_mask")]
    [InlineData("""{"ids": [2], "prompt": "both"}""", "exactly one")]
    [InlineData("""{"ids": [2], "suffix": "x"}""", "suffix")]
    [InlineData("""{"ids": [2, 5], "options": {"guidance_scale": 0}}""", "guidance_scale")]
    [InlineData("""{"ids": [2, 5], "options": {"token_healing": true}}""", "token_healing")]
    [InlineData("""{"ids": [2, 5], "options": {"num_beams": 2, "num_beam_groups": 2}}""", "num_beam_groups")]
    [InlineData("""{"prompt": "no tokenizer here"}""", "tokenizer")]
    [InlineData("""{"ids": [2], "options": {"max_new_tokens": 1000000}}""", "context")]
    [InlineData("not json", "JSON")]
    public async Task Generate_BadLine_NamesLineAndFieldAfterTheEarlierResults(string line, string named)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["generate", Package, "--json"],
            "{\"ids\": [2, 7], \"options\": {\"max_new_tokens\": 2}}\n" + line + "\n");
        Assert.Equal(2, exitCode);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: line 2", error, StringComparison.Ordinal);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static JsonDocument Goldens() => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Checkpoint, "goldens.json")));

    private static async Task<List<JsonElement>> RunAsync(IEnumerable<string> lines, params string[] arguments)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync(arguments, string.Join('\n', lines));
        Assert.True(exitCode == 0, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }

    private static int[] UpToStop(int[] ids, int[] stops) => Array.FindIndex(ids, stops.Contains) is var end and >= 0 ? ids[..(end + 1)] : ids;

    private static double LogSoftmax(ReadOnlySpan<float> logits, int id)
    {
        var sum = 0.0;
        foreach (var logit in logits) sum += Math.Exp(logit);
        return logits[id] - Math.Log(sum);
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
}
