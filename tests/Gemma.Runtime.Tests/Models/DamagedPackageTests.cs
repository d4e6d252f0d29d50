using System.Diagnostics;
using System.Text.Json.Nodes;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Models;

/// <summary>Packages whose files contradict each other, or are no files, are refused when they are opened.</summary>
public sealed class DamagedPackageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-damaged-").FullName;

    public DamagedPackageTests()
    {
        foreach (var file in Directory.EnumerateFiles(SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "int4")))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"files":[null]}""")]
    [InlineData("""{"files":null}""")]
    [InlineData("""{"files":[{"path":null,"length":1,"sha256":"a"}]}""")]
    [InlineData("""{"files":[{"path":"a\u0000b","length":1,"sha256":"a"}]}""")]
    [InlineData("""{"files":[],"heads":[null]}""")]
    [InlineData("""{"files":[],"heads":null}""")]
    public async Task OpenAsync_ManifestWithNulls_IsRefused(string changes)
    {
        var manifest =
            JsonNode.Parse(
                """{"schema":1,"converter_version":"1","source":"a","source_format":"safetensors","precision":"fp32","activations":"fp32","max_positions":8}""")!
                .AsObject();
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject()) manifest[name] = value?.DeepClone();
        await File.WriteAllTextAsync(Path.Combine(_folder, PackageManifest.FileName), manifest.ToJsonString(), TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidModelException>(() =>
            ModelPackage.OpenAsync(_folder, cancellationToken: TestContext.Current.CancellationToken));
        Assert.DoesNotContain("missing required", error.InnerException?.Message ?? string.Empty, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAsync_ManifestWithoutHeads_HasNone()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, PackageManifest.FileName),
            """{"schema":1,"converter_version":"1","source":"a","source_format":"safetensors","precision":"fp32","activations":"fp32","max_positions":8,"files":[]}""",
            TestContext.Current.CancellationToken);
        var package = await ModelPackage.OpenAsync(_folder, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(package.Manifest!.Heads);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(1000)]
    public async Task LoadAsync_VocabularyThatIsNotTheGraphs_IsRefused(int size)
    {
        var path = Path.Combine(_folder, "genai_config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!;
        config["model"]!["vocab_size"] = size;
        await File.WriteAllTextAsync(path, config.ToJsonString(), TestContext.Current.CancellationToken);
        File.Delete(Path.Combine(_folder, "tokenizer.json"));
        var error = await Assert.ThrowsAsync<InvalidModelException>(() =>
            GemmaModel.LoadAsync(_folder, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal("model.vocab_size", error.Field);
    }

    [Theory]
    [InlineData("genai_config.json")]
    [InlineData("gemma_package.json")]
    [InlineData("model.onnx")]
    [InlineData("model.onnx.data")]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("chat_template.jinja")]
    [InlineData("generation_config.json")]
    public async Task LoadAsync_NamedPipe_IsRefusedAndNotWaitedFor(string file)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "named pipes in folders are noticed on Linux only");
        File.Delete(Path.Combine(_folder, file));
        using (var process = Process.Start("mkfifo", Path.Combine(_folder, file))) await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<InvalidModelException>(() =>
            GemmaModel.LoadAsync(_folder, cancellationToken: TestContext.Current.CancellationToken))
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Contains("pipe", error.Message, StringComparison.Ordinal);
    }
}
