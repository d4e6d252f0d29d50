using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Models;

[assembly: AssemblyFixture(typeof(Gemma.Tests.TinyGemma))]

namespace Gemma.Tests;

/// <summary>The repository's small trained model, converted once per test run and precision.</summary>
public class TinyGemma : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tiny-gemma-").FullName;
    private readonly Dictionary<ModelPrecision, Task<string>> _packages = [];
    private readonly Lock _lock = new();
    private Task<GemmaModel>? _model;

    /// <summary>The checkpoint.</summary>
    public static string Checkpoint { get; } = Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it");

    /// <summary>A package.</summary>
    public Task<string> PackageAsync(ModelPrecision precision)
    {
        lock (_lock)
        {
            if (!_packages.TryGetValue(precision, out var package)) _packages.Add(precision, package = ConvertAsync(precision));
            return package;
        }
    }

    /// <summary>The exact model, shared by all tests.</summary>
    public Task<GemmaModel> ModelAsync()
    {
        lock (_lock) return _model ??= LoadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await LoadedModel.DisposeAsync(_model);
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Changes how the shared model is opened.</summary>
    protected virtual GemmaModelOptions Configure(GemmaModelOptions options) => options;

    private async Task<GemmaModel> LoadAsync() =>
        await GemmaModel.LoadAsync(await PackageAsync(ModelPrecision.Fp32),
            Configure(new GemmaModelOptions { ModelId = "tiny-gemma-it", Engine = new() { Threads = 1 } }));

    private async Task<string> ConvertAsync(ModelPrecision precision)
    {
        var package = Path.Combine(_folder, precision.ToString());
        await new CheckpointConverter().ConvertAsync(Checkpoint, package, new ConversionOptions { Precision = precision });
        return package;
    }
}
