using Gemma.Conversion;
using Gemma.Conversion.Checkpoints;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Runtime.Tests.Engines;
using Gemma.Tests;

[assembly: AssemblyFixture(typeof(TestPackages))]

namespace Gemma.Runtime.Tests.Engines;

/// <summary>Packages converted once for all tests of the assembly.</summary>
public sealed class TestPackages : IDisposable
{
    /// <summary>A shape on which a long prompt takes long enough to be interrupted.</summary>
    private static readonly GemmaConfig SlowShape = TestShape.Create(300, 256, 1024, 6, (8, 1), 32, 2048);

    /// <summary>A shape whose projections have more than a mebibyte, from which on ONNX Runtime's packed weights are kept, and lie in huge pages.</summary>
    internal static readonly GemmaConfig LargeWeights = TestShape.Create(300, 1024, 4608, 1, (4, 1), 64, 128);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("gemma-packages-");
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Opens "official-fp32", "mqa-int4", "it-int4", "slow-fp32" and the like.</summary>
    public async Task<ModelPackage> OpenAsync(string name) =>
        await ModelPackage.OpenAsync(await FolderAsync(name), verify: false, TestContext.Current.CancellationToken);

    /// <summary>The folder of such a package.</summary>
    public async Task<string> FolderAsync(string name)
    {
        var (source, precision) = (name[..name.LastIndexOf('-')], name[(name.LastIndexOf('-') + 1)..]);
        if (source == "official") return SharedData.Require("goldens-genai", "gemma1-tiny-mqa", precision);
        var folder = Path.Combine(_root.FullName, name);
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (!Directory.Exists(folder))
                await ConvertAsync(source, folder, new ConversionOptions { Precision = Enum.Parse<ModelPrecision>(precision, ignoreCase: true) });
        }
        finally
        {
            _gate.Release();
        }

        return folder;
    }

    public void Dispose()
    {
        _gate.Dispose();
        _root.Delete(recursive: true);
    }

    private static GemmaConfig? Shape(string source) => source switch
    {
        "slow" => SlowShape,
        "gemma3w" or "gemma3p" or "gemma3old" => WindowedShapes.Gemma3,
        "gemma3wide" => WindowedShapes.WideHeads,
        "gemma4w" or "gemma4p" => WindowedShapes.Gemma4,
        _ => null,
    };

    private static async Task ConvertAsync(string source, string folder, ConversionOptions options)
    {
        var converter = new CheckpointConverter();
        if (Shape(source) is { } shape)
        {
            if (source == "gemma3old") options = options with { Target = ConversionTarget.Cuda };
            if (source[^1] == 'p') options = options with { Prefill = ModelPrecision.W8A8 };
            using var weights = RandomCheckpoint.Create(shape);
            await converter.ConvertTensorsAsync(weights, shape, folder, options, null, TestContext.Current.CancellationToken);
            return;
        }

        var checkpoint = source == "it"
            ? Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it")
            : SharedData.Require("goldens", source == "cls" ? "cls-3" : "gemma1-" + source);
        await converter.ConvertAsync(checkpoint, folder, options, null, TestContext.Current.CancellationToken);
    }
}
