using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary>Whatever is wrong with a command line or its input: one line on the error stream, exit code 2, nothing left behind.</summary>
public sealed class ErrorTests(TinyGemma tiny)
{
    [Theory]
    [InlineData("")]
    [InlineData("unknown")]
    [InlineData("convert")]
    [InlineData("convert missing-folder --output {out}")]
    [InlineData("convert {checkpoint} --output {out} --precision int5")]
    [InlineData("convert {checkpoint} --output {out} --block-size 31")]
    [InlineData("convert {checkpoint} --output {out} --config missing.json")]
    [InlineData("convert {checkpoint} --output {out} --no-such-option")]
    [InlineData("chat missing-folder")]
    [InlineData("chat {checkpoint}")]
    public async Task RunAsync_WrongUsage_IsOneErrorLineAndExitCode2(string line)
    {
        var folder = Directory.CreateTempSubdirectory("gemma-cli-").FullName;
        try
        {
            var target = Path.Combine(folder, "package");
            var arguments = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(part =>
                    part.Replace("{out}", target, StringComparison.Ordinal).Replace("{checkpoint}", TinyGemma.Checkpoint, StringComparison.Ordinal));
            var (exitCode, output, error) = await GemmaCommand.RunAsync([.. arguments]);
            Assert.Equal((2, string.Empty), (exitCode, output));
            var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Assert.StartsWith("error: ", lines[^1], StringComparison.Ordinal);
            Assert.Single(lines, text => text.StartsWith("error:", StringComparison.Ordinal));
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Convert_OutputThatExists_IsWrongUsageAndKept()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32);
        var before = File.GetLastWriteTimeUtc(Path.Combine(package, "model.onnx"));
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["convert", TinyGemma.Checkpoint, "--output", package]);
        Assert.Equal(2, exitCode);
        Assert.Contains("--force", error, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(package, "model.onnx")));
    }

    [Fact]
    public async Task Convert_ForceOverAFolderThatIsNoPackage_IsWrongUsageAndKept()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-cli-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "thesis.md"), "years of work", TestContext.Current.CancellationToken);
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["convert", TinyGemma.Checkpoint, "--output", folder, "--force"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("gemma_package.json", error, StringComparison.Ordinal);
        Assert.Equal([Path.Combine(folder, "thesis.md")], Directory.GetFileSystemEntries(folder));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Chat_LinesOnInput_AreAnsweredOnOutput()
    {
        var package = await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32);
        var (exitCode, output, _) = await GemmaCommand.RunAsync(["chat", package], "Hello!\nWhat is the capital of France?\n");
        Assert.Equal((0, "Hello! How can I help you?\nThe capital of France is Paris.\n"), (exitCode, output.ReplaceLineEndings("\n")));
    }
}
