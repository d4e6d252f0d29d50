using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.OnnxRuntime;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Packaging;

/// <summary>A package converted into a temporary folder for one test.</summary>
internal sealed class ConvertedPackage : IAsyncDisposable
{
    private ConvertedPackage(string folder) => Folder = folder;

    public string Folder { get; }

    public static async Task<ConvertedPackage> CreateAsync(string checkpoint, ConversionOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("gemma-package-").FullName;
        var package = new ConvertedPackage(folder);
        await new CheckpointConverter().ConvertAsync(checkpoint, Path.Combine(folder, "package"), options, null, TestContext.Current.CancellationToken);
        return package;
    }

    public static async Task<ConvertedPackage> CreateAsync(CheckpointReader tensors, GemmaConfig config, ConversionOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("gemma-package-").FullName;
        var package = new ConvertedPackage(folder);
        await new CheckpointConverter()
            .ConvertTensorsAsync(tensors, config, Path.Combine(folder, "package"), options, null, TestContext.Current.CancellationToken);
        return package;
    }

    /// <summary>Opens an engine.</summary>
    /// <param name="windowRoom">Tokens that sliding-window layers keep besides the window; null: they keep all.</param>
    public async Task<OnnxRuntimeEngine> OpenAsync(int? windowRoom = null)
    {
        var package = await ModelPackage.OpenAsync(Path.Combine(Folder, "package"), verify: true, TestContext.Current.CancellationToken);
        return new OnnxRuntimeEngine(new OnnxRuntimeEngineOptions
        {
            ModelPath = package.ModelPath,
            KeyValueLayout = package.KeyValueLayout,
            WindowRoom = windowRoom,
            ContextLength = package.MaxPositions,
            Engine = new EngineOptions { Threads = 1 },
        });
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
