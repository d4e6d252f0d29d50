using System.Text.Json;
using Gemma.Tests;
using Gemma.Tests.Hub;

namespace Gemma.Cli.Tests.Hub;

/// <summary><c>gemma pull</c> as users call it.</summary>
public sealed class PullCommandTests
{
    [Fact]
    public async Task Pull_TinyModelAndConvert_GivesAPackage()
    {
        await using var run = await PullRun.StartAsync();
        run.Server.Model = HubServerModel.Of(TinyGemma.Checkpoint);
        var package = run.Folder.File("package");
        var (exitCode, output, error) = await run.RunAsync("pull", HubServerModel.Name, "--convert", "int4", "--to", package, "--json");
        Assert.True(exitCode == 0, error);
        using var result = JsonDocument.Parse(output);
        Assert.Equal(package, result.RootElement.GetProperty("path").GetString());
        Assert.Equal(run.Server.Model.Commit, result.RootElement.GetProperty("commit").GetString());
        Assert.True(File.Exists(Path.Combine(package, "genai_config.json")));
        Assert.Contains($"Licence: {run.Server.Endpoint}/{HubServerModel.Name}", error, StringComparison.Ordinal);
        run.Server.Requests.Clear();
        Assert.Equal(2, (await run.RunAsync("pull", HubServerModel.Name, "--convert", "int4", "--to", package)).ExitCode);
        Assert.Empty(run.Server.Requests);
    }

    [Fact]
    public async Task Pull_ListAndRemove_ShowAndDelete()
    {
        await using var run = await PullRun.StartAsync();
        var (_, folder, _) = await run.RunAsync("pull", HubServerModel.Name);
        Assert.True(File.Exists(Path.Combine(folder.Trim(), "config.json")));
        var (_, table, _) = await run.RunAsync("pull", "--list");
        Assert.Contains(HubServerModel.Name, table, StringComparison.Ordinal);
        var (_, lines, _) = await run.RunAsync("pull", "--list", "--json");
        using var line = JsonDocument.Parse(Assert.Single(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("main", line.RootElement.GetProperty("revisions")[0].GetString());
        var (exitCode, _, error) = await run.RunAsync("pull", HubServerModel.Name, "--remove");
        Assert.Equal(0, exitCode);
        Assert.Contains("Freed 4", error, StringComparison.Ordinal);
        Assert.Equal(1, (await run.RunAsync("pull", HubServerModel.Name, "--remove")).ExitCode);
        Assert.Equal(string.Empty, (await run.RunAsync("pull", "--list", "--json")).Output);
    }

    [Fact]
    public async Task Pull_ToAFolder_CopiesTheFiles()
    {
        await using var run = await PullRun.StartAsync();
        var folder = run.Folder.File("copy");
        Assert.Equal(0, (await run.RunAsync("pull", HubServerModel.Name, "--to", folder)).ExitCode);
        Assert.Equal(7, Directory.GetFiles(folder).Length);
        Assert.Null(new FileInfo(Path.Combine(folder, "config.json")).LinkTarget);
    }

    [Fact]
    public async Task Pull_TokenFile_IsUsed()
    {
        await using var run = await PullRun.StartAsync();
        (run.Server.Switches.Token, run.Server.Switches.Refusal) = ("hf_file", (401, "GatedRepo", "no"));
        var (exitCode, _, error) = await run.RunAsync("pull", HubServerModel.Name);
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: {HubServerModel.Name} needs a token", error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1],
            StringComparison.Ordinal);
        var file = run.Folder.File("token");
        await File.WriteAllTextAsync(file, "hf_file\n", TestContext.Current.CancellationToken);
        Assert.Equal(0, (await run.RunAsync("pull", HubServerModel.Name, "--token-file", file)).ExitCode);
    }

    [Theory]
    [InlineData(2, "pull")]
    [InlineData(2, "pull", "a/b/c")]
    [InlineData(2, "pull", "google/gemma@x", "--revision", "y")]
    [InlineData(1, "pull", "google/no-such-model")]
    [InlineData(1, "pull", "google/gemma-test", "--offline")]
    public async Task Pull_WrongOrUnavailable_HasItsExitCode(int expected, params string[] arguments)
    {
        await using var run = await PullRun.StartAsync();
        var (exitCode, output, error) = await run.RunAsync(arguments);
        Assert.Equal((expected, string.Empty), (exitCode, output));
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
