using Gemma.Cli.Infrastructure;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary>What the command tells of itself: help, keys of input lines, completions.</summary>
public sealed class HelpTests(TinyGemma tiny)
{
    public static TheoryData<string> LineCommands => ["generate", "score", "classify", "embed", "tokenize"];

    [Theory]
    [MemberData(nameof(LineCommands))]
    public async Task Help_LineCommand_NamesEveryKeyAsThePageDoes(string command)
    {
        var (exitCode, output, _) = await GemmaCommand.RunAsync([command, "--help"]);
        Assert.Equal(0, exitCode);
        var page = await File.ReadAllTextAsync(Path.Combine(SharedData.RepositoryRoot, "docs", "cli.md"), TestContext.Current.CancellationToken);
        Assert.All(LineKeys.Of(command)!.Names, key =>
        {
            Assert.Contains($"  {key.Name} ", output, StringComparison.Ordinal);
            Assert.Contains($"`{key.Name}`", page, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("generate", """{"prompt": "a", "promt": 1}""")]
    [InlineData("score", """{"text": "a", "top": 1}""")]
    [InlineData("embed", """{"text": "a", "prompt": "query"}""")]
    [InlineData("tokenize", """{"text": "a", "add_special_token": true}""")]
    [InlineData("tokenize", """{"texts": ["a"], "options": {"pading": true}}""")]
    public async Task Line_UnknownKey_IsRefusedByName(string command, string line)
    {
        var (exitCode, output, error) = await GemmaCommand.RunAsync([command, await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32), "--json"], line);
        Assert.Equal((2, string.Empty), (exitCode, output));
        Assert.Contains("line 1: ", error, StringComparison.Ordinal);
        Assert.Contains("the key is unknown", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _gemma gemma")]
    [InlineData("zsh", "compdef _gemma gemma")]
    [InlineData("fish", "complete -c gemma")]
    [InlineData("powershell", "Register-ArgumentCompleter")]
    public async Task Completions_Shell_GetsItsScript(string shell, string words)
    {
        var (exitCode, output, _) = await GemmaCommand.RunAsync(["completions", shell]);
        Assert.Equal(0, exitCode);
        Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Suggest_BeginningOfACommand_GivesCommandsAndOptions()
    {
        var (_, commands, _) = await GemmaCommand.RunAsync(["[suggest:8]", "gemma co"]);
        Assert.Contains("convert", commands, StringComparison.Ordinal);
        var (_, options, _) = await GemmaCommand.RunAsync(["[suggest:16]", "gemma pull --tok"]);
        Assert.Contains("--token-file", options, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_Files_AreListedOnRequest()
    {
        var (_, output, _) = await GemmaCommand.RunAsync(["info", TinyGemma.Checkpoint]);
        Assert.DoesNotContain("model.safetensors  ", output, StringComparison.Ordinal);
        Assert.Contains("--files", output, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", (await GemmaCommand.RunAsync(["info", TinyGemma.Checkpoint, "--files"])).Output, StringComparison.Ordinal);
    }
}
