using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Models;

[assembly: AssemblyFixture(typeof(Gemma.Tests.TinyGemmaHeads))]

namespace Gemma.Tests;

/// <summary>
/// The repository's small chat model with the heads "topics" and "reward" over it, and the sentiment classifier, converted once per test run.
/// </summary>
public sealed class TinyGemmaHeads : IAsyncDisposable
{
    private static readonly string Models = Path.Combine(SharedData.RepositoryRoot, "samples", "models");

    private readonly string _folder = Directory.CreateTempSubdirectory("tiny-heads-").FullName;
    private readonly Lock _lock = new();
    private Task<string>? _package;
    private Task<string>? _sentiment;
    private Task<GemmaModel>? _model;

    /// <summary>The chat model's package.</summary>
    public Task<string> PackageAsync()
    {
        lock (_lock)
        {
            return _package ??= ConvertAsync("tiny-gemma-it", new ConversionOptions
            {
                Precision = ModelPrecision.Fp32,
                Heads = [new HeadSource(Path.Combine(Models, "topics")), new HeadSource(Path.Combine(Models, "reward"))],
            });
        }
    }

    /// <summary>The sentiment classifier's package.</summary>
    public Task<string> SentimentAsync()
    {
        lock (_lock) return _sentiment ??= ConvertAsync("sentiment", new ConversionOptions { Precision = ModelPrecision.Fp32 });
    }

    /// <summary>The chat model, shared by all tests.</summary>
    public Task<GemmaModel> ModelAsync()
    {
        lock (_lock) return _model ??= LoadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LoadedModel.DisposeAsync(_model);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<GemmaModel> LoadAsync() =>
        await GemmaModel.LoadAsync(await PackageAsync(), new GemmaModelOptions { ModelId = "tiny-gemma-it", Engine = new() { Threads = 1 } });

    private async Task<string> ConvertAsync(string name, ConversionOptions options)
    {
        var package = Path.Combine(_folder, name);
        await new CheckpointConverter().ConvertAsync(Path.Combine(Models, name), package, options);
        return package;
    }
}
