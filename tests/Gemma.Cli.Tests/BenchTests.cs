using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary><c>gemma bench</c> measures what it says, in one JSON object.</summary>
public sealed class BenchTests(TinyGemma tiny)
{
    [Fact]
    public async Task Bench_Json_HasEveryMeasure()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Int4);
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["bench", package, "--json", "--repeat", "1", "--max-new-tokens", "8", "--prompt-tokens",
            "64",
                "--concurrency", "4", "--arrival", "0.01", "--long-prompt", "100"]);
        Assert.True(exitCode == 0, error);
        using var json = JsonDocument.Parse(output);
        foreach (var name in (string[])["prefill_tokens_per_second", "decode_tokens_per_second", "load_seconds", "first_token_seconds_after_load",
            "peak_memory_bytes", "memory_bandwidth_bytes_per_second", "lookup_gain", "chats_tokens_per_second", "first_token_seconds_cold",
            "first_token_seconds_cached", "admission_gap_ratio"])
        {
            Assert.True(json.RootElement.TryGetProperty(name, out var value) && value.GetDouble() > 0, $"{name} in {output}");
        }

        Assert.Equal([1, 2, 4], json.RootElement.GetProperty("batch").EnumerateArray().Select(batch => batch.GetProperty("sequences").GetInt32()));
        Assert.True(json.RootElement.GetProperty("system_prompt_computed_tokens").GetDouble()
            <= json.RootElement.GetProperty("system_prompt_tokens").GetDouble(), output);
    }

    [Fact]
    public async Task Bench_ContextOfLengths_MeasuresTheOnesThatFit()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Int4);
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["bench", package, "--json", "--parts", "context", "--max-new-tokens", "4",
            "--context-tokens", "300", "64",
                "9000000"]);
        Assert.True(exitCode == 0, error);
        using var json = JsonDocument.Parse(output);
        var points = json.RootElement.GetProperty("context").EnumerateArray().ToArray();
        Assert.Equal([(64, 0), (300, 0), (75, 304)],
            points.Select(point => (point.GetProperty("tokens").GetInt32(), point.GetProperty("beside_tokens").GetInt32())));
        foreach (var name in (string[])["prefill_tokens_per_second", "decode_tokens_per_second", "cache_bytes", "resident_bytes"])
            Assert.All(points, point => Assert.True(point.GetProperty(name).GetDouble() > 0, $"{name} in {output}"));
    }

    [Fact]
    public async Task Bench_Embed_ComparesTextsWithPrompts()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Int4);
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["bench", package, "--json", "--parts", "embed", "--texts", "5", "--repeat", "1",
            "--prompt-tokens", "64"]);
        Assert.True(exitCode == 0, error);
        using var json = JsonDocument.Parse(output);
        foreach (var name in (string[])["prefill_tokens_per_second", "embed_tokens_per_second", "embed_of_prefill"])
            Assert.True(json.RootElement.GetProperty(name).GetDouble() > 0, $"{name} in {output}");
    }

    [Fact]
    public async Task Bench_DraftWithAcceptance_IsSaidToBeSimulated()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Int4);
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["bench", package, "--json", "--parts", "draft", "--draft", package, "--acceptance", "0.9",
            "--repeat", "1", "--max-new-tokens", "60"]);
        Assert.True(exitCode == 0, error);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(0.9, json.RootElement.GetProperty("draft_simulated_acceptance").GetDouble());
        Assert.True(json.RootElement.GetProperty("draft_gain").GetDouble() > 0, output);
        Assert.True(json.RootElement.GetProperty("draft_tokens").GetDouble() > 0, output);
    }

    [Theory]
    [InlineData("bench folder --acceptance 0.5")]
    [InlineData("bench folder --draft folder --acceptance 2")]
    [InlineData("bench folder --parts draft")]
    [InlineData("bench")]
    [InlineData("bench folder --texts 0")]
    [InlineData("bench folder --shape 2b")]
    [InlineData("bench --shape 3b")]
    [InlineData("bench folder --parts speed")]
    [InlineData("bench folder --repeat 0")]
    [InlineData("bench folder --context-tokens 1")]
    [InlineData("bench missing-folder")]
    public async Task Bench_WrongUsage_IsOneErrorLineAndExitCode2(string line)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync(line.Split(' '));
        Assert.Equal((2, string.Empty), (exitCode, output));
        Assert.StartsWith("error: ", error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1], StringComparison.Ordinal);
    }
}
