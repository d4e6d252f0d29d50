using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gemma.Cli.Tests;
using Gemma.Tests;

[assembly: AssemblyFixture(typeof(Gemma.Tests.TinyGemmaHeads))]

namespace Gemma.Jobs.Tests;

/// <summary><c>gemma job</c> with the repository's small model.</summary>
public sealed class JobCommandTests(TinyGemmaHeads models)
{
    private static readonly string[] Texts = ["Hello!", "What is the capital of France?", "The food was terrible.", "I want to return my shoes.",
        "Tell me a joke."];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("classify", "text", "--head", "topics")]
    [InlineData("embed", "text")]
    [InlineData("generate", "prompt", "--max-new-tokens", "5")]
    public async Task Job_Work_GivesWhatTheCommandGives(string work, string key, params string[] options)
    {
        using var folder = new JobFolder();
        var lines = string.Concat(Texts.Select(text => $"{{\"{key}\":\"{text}\"}}\n"));
        var package = await models.PackageAsync();
        var (exitCode, output, error) = await GemmaCommand.RunAsync(["job", work, folder.Write("input.jsonl", lines), "--model", package, "--output",
            folder.Output,
                "--lines-per-part", "2", "--json", "--threads", "1", .. options]);
        Assert.True(exitCode == 0, error);
        Assert.Equal(5, JsonDocument.Parse(output).RootElement.GetProperty("lines").GetInt64());
        Assert.Equal(0, (await GemmaCommand.RunAsync(["job", "merge", folder.Output, "--output", folder.Merged])).ExitCode);
        var direct = await GemmaCommand.RunAsync([work, package, "--json", "--threads", "1", .. options], lines);
        var expected = direct.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select((line, index) => string.Create(CultureInfo.InvariantCulture, $"{{\"index\":{index},{line.TrimEnd()[1..]}"));
        Assert.Equal(expected, await File.ReadAllLinesAsync(folder.Merged, Token));
    }

    [Fact]
    public async Task Job_KilledAgainAndAgain_EndsWithTheBytesOfOneRun()
    {
        using var folder = new JobFolder();
        var package = await models.PackageAsync();
        var input = folder.Lines(400);
        Assert.Equal(0,
            (await GemmaCommand.RunAsync(["job", "classify", input, "--model", package, "--head", "topics", "--output", folder.PathOf("one"),
                "--lines-per-part", "7", "--threads", "1"])).ExitCode);
        Assert.Equal(0, (await GemmaCommand.RunAsync(["job", "merge", folder.PathOf("one"), "--output", folder.PathOf("one.jsonl")])).ExitCode);

        // A kill comes as soon as the run has added a part, wherever it is then.
        var kills = 0;
        for (var run = 0; run < 20; run++)
        {
            var parts = Parts();
            using var process = Start(["job", "classify", input, "--model", package, "--head", "topics", "--output", folder.Output, "--lines-per-part", "7",
                "--threads", "1"]);
            while (kills < 3 && !process.HasExited && Parts() <= parts) await Task.Delay(1, Token);
            if (kills++ < 3) process.Kill();
            await process.WaitForExitAsync(Token);
            if (process.ExitCode == 0) break;
        }

        var verified = await GemmaCommand.RunAsync(["job", "verify", folder.Output]);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Error);
        Assert.Equal(0, (await GemmaCommand.RunAsync(["job", "merge", folder.Output, "--output", folder.Merged])).ExitCode);
        Assert.Equal(await File.ReadAllBytesAsync(folder.PathOf("one.jsonl"), Token), await File.ReadAllBytesAsync(folder.Merged, Token));
        Assert.Empty(Directory.EnumerateFiles(folder.Output, "*.tmp"));

        int Parts() => Directory.Exists(folder.Output) ? Directory.EnumerateFiles(folder.Output, "part-*.jsonl").Count() : 0;
    }

    [Theory]
    [InlineData("--shard 9/3", "--shard: '9/3' is no share such as 3/8")]
    [InlineData("--shard 1/3 --cluster localhost", "--shard and --cluster exclude each other")]
    [InlineData("--head other", "other")]
    public async Task Job_WrongOption_IsRefusedByName(string options, string expected)
    {
        using var folder = new JobFolder();
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["job", "classify", folder.Lines(3), "--model", await models.PackageAsync(), "--output",
            folder.Output,
                .. options.Split(' ')]);
        Assert.Equal(2, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_OptionsWithSigns_AreTheSameTheNextTime()
    {
        using var folder = new JobFolder();
        string[] command = ["job", "classify", folder.Lines(2), "--model", await models.PackageAsync(), "--output", folder.Output, "--labels",
            "<gut>,schön & \"neu\""];
        Assert.Equal(0, (await GemmaCommand.RunAsync(command)).ExitCode);
        var (exitCode, _, error) = await GemmaCommand.RunAsync(command);
        Assert.True(exitCode == 0, error);
        Assert.Equal(2, (await GemmaCommand.RunAsync([.. command[..^1], "other,labels"])).ExitCode);
    }

    [Fact]
    public async Task Job_SamplingWithoutSeed_IsRefused()
    {
        using var folder = new JobFolder();
        string[] command = ["job", "generate", folder.Write("input.jsonl", "{\"prompt\":\"Hello\"}\n"), "--model", await models.PackageAsync(), "--output",
            folder.Output, "--do-sample", "--max-new-tokens", "2"];
        var (exitCode, _, error) = await GemmaCommand.RunAsync(command);
        Assert.Equal(2, exitCode);
        Assert.Contains("--seed", error, StringComparison.Ordinal);
        Assert.Equal(0, (await GemmaCommand.RunAsync([.. command, "--seed", "1"])).ExitCode);
    }

    [Fact]
    public async Task Job_PackageWithoutManifestOnACluster_IsRefused()
    {
        using var folder = new JobFolder();
        var package = Directory.CreateDirectory(folder.PathOf("package")).FullName;
        foreach (var command in (string[][])[["job", "classify", folder.Lines(3), "--model", package, "--output", folder.Output, "--cluster", "localhost"],
            ["silo", package]])
        {
            var (exitCode, _, error) = await GemmaCommand.RunAsync(command);
            Assert.Equal(2, exitCode);
            Assert.Contains("gemma_package.json", error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(folder.Output));
    }

    [Fact]
    public async Task Status_UnfinishedJob_TellsParts()
    {
        using var folder = new JobFolder();
        await (await folder.CreateAsync(folder.Lines(30)))
            .RunAsync(new UpperCaseWorker(), new JobRunOptions { Shard = new JobShard(0, 3) }, cancellationToken: Token);
        var (_, output, _) = await GemmaCommand.RunAsync(["job", "status", folder.Output, "--json"]);
        Assert.Equal((1, 3),
            (JsonDocument.Parse(output).RootElement.GetProperty("parts").GetInt32(),
                JsonDocument.Parse(output).RootElement.GetProperty("total_parts").GetInt32()));
        Assert.Equal(1, (await GemmaCommand.RunAsync(["job", "verify", folder.Output])).ExitCode);
    }

    private static Process Start(string[] arguments)
    {
        var command = Path.Combine(SharedData.RepositoryRoot, "src", "Gemma.Cli", "bin",
            new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name, "net10.0", "gemma.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [command, .. arguments]))!;
    }
}
