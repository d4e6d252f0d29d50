using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.GenAI;
using Gemma.Runtime.Engines.Native;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>
/// Measured traps of the native library, beside those of the conformance suite (the unread last token, logits after a rewind, the end token that is no
/// part of the sequence, unchecked ids) and of <see cref="GenAIProcessTests"/> (the order of loading).
/// </summary>
public sealed class GenAITrapTests(TestPackages packages)
{
    private static readonly int[] LongPrompt = [.. Enumerable.Range(0, 3000).Select(i => 2 + (i * 7 % 290))];

    [Fact]
    public void Load_FileThatIsNotOnnxRuntime_ThrowsInsteadOfAborting()
    {
        var path = GenAILocation.Find(GenAINativeFolder.Require());
        _ = GenAILibrary.Load(GenAINativeFolder.Require(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Contains("OrtGetApiBase", Assert.Throws<EngineException>(() => OnnxRuntimeLibrary.Load(path)).Message, StringComparison.Ordinal);
        Assert.Throws<EngineException>(() => OnnxRuntimeLibrary.Load(typeof(GenAITrapTests).Assembly.Location));
    }

    [Fact]
    public void Find_FolderWithoutTheLibrary_NamesFileAndFolder()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-empty-");
        try
        {
            var error = Assert.Throws<EngineException>(() => GenAILocation.Find(folder.FullName));
            Assert.Contains(folder.FullName, error.Message, StringComparison.Ordinal);
            Assert.Contains(NativeFolders.FileName("onnxruntime-genai"), error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete();
        }
    }

    [Fact]
    public void Load_AnotherCopyInTheSameProcess_IsRefused()
    {
        var first = GenAILibrary.Load(GenAINativeFolder.Require(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var folder = Directory.CreateTempSubdirectory("gemma-copy-");
        try
        {
            File.Copy(first.Path, Path.Combine(folder.FullName, Path.GetFileName(first.Path)));
            var error = Assert.Throws<EngineException>(() => GenAILibrary.Load(folder.FullName, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
            Assert.Contains(first.Path, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Bindings_AllFunctions_AreInTheLibrary()
    {
        var library = NativeLibrary.Load(GenAILibrary.Load(GenAINativeFolder.Require(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).Path);
        var functions = Functions();
        Assert.Equal(34, functions.Length);
        Assert.All(functions, name => Assert.True(NativeLibrary.TryGetExport(library, name, out _), name));
    }

    [Theory]
    [InlineData("OgaGenerator_IsDone", "it ends the process after a cancellation")]
    [InlineData("OgaGenerator_GetSequenceData", "it throws through C")]
    [InlineData("OgaGeneratorParamsSetGuidance", "tokens that it forces never show, and its errors come late")]
    [InlineData("OgaCreateTokenizer", "it cuts long words and loses merges")]
    [InlineData("OgaTokenizerApplyChatTemplate", "its arguments changed between versions")]
    public void Bindings_FunctionsThatAreTraps_AreNotBound(string name, string why) => Assert.False(Functions().Contains(name), why);

    [Fact]
    public void Dispose_HandlesThatNeverHeldAnything_DoNotReachTheLibrary()
    {
        GenAINativeFolder.Require();
        foreach (GenAIHandle handle in (GenAIHandle[])[new GenAIConfigHandle(), new GenAIModelHandle(), new GenAIParametersHandle(), new GenAIGeneratorHandle(),
            new GenAITensorHandle()])
        {
            Assert.True(handle.IsInvalid);
            handle.Dispose();
        }
    }

    [Fact]
    public async Task Open_BrokenPackage_ThrowsWithGenAIsMessage()
    {
        var source = await packages.FolderAsync("mqa-fp32");
        var folder = Directory.CreateTempSubdirectory("gemma-broken-");
        try
        {
            File.Copy(Path.Combine(source, "genai_config.json"), Path.Combine(folder.FullName, "genai_config.json"));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "model.onnx"), "no graph", TestContext.Current.CancellationToken);
            var error = Assert.Throws<EngineException>(() =>
                new GenAIEngine(new GenAIEngineOptions
                {
                    Folder = folder.FullName,
                    KeyValueLayout = KeyValueLayout.Uniform(2, 1, 16),
                    ContextLength = 64,
                    Engine = new EngineOptions { GenAIFolder = GenAINativeFolder.Require() },
                }));
            Assert.Contains("model.onnx", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Run_CancelledInTheMiddleOfALongPrompt_StopsSoonAndLosesTheGenerator()
    {
        using var engine = await OpenAsync("slow-fp32");
        using var sequence = (GenAISequence)engine.CreateSequence();
        engine.Run(sequence, 2, 3, 4);
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var watch = Stopwatch.StartNew();
        Assert.Throws<OperationCanceledException>(() => engine.Run([new EngineInput(sequence, LongPrompt)], source.Token));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
        Assert.Null(sequence.Generator);
        Assert.Equal(3, sequence.Length);
        EngineRuns.AssertClose(engine.Fresh(2, 3, 4, 5), engine.Run(sequence, 5), 1e-4f, "after the cancellation");
    }

    [Fact]
    public async Task Open_LayersOfDifferentSizes_CountsTheBytesOfEach()
    {
        using var engine = await OpenAsync("gemma4w-fp32");
        var caches = WindowedShapes.Gemma4.Plan.KeyValueLayout.Caches;
        Assert.True(caches.DistinctBy(cache => cache.Elements).Count() > 1);
        Assert.Equal(caches.Sum(cache => cache.Elements) * sizeof(float), engine.Info.BytesPerToken);
    }

    [Fact]
    public async Task Run_OverTheMemoryLimit_FreesTheIdlestAndStaysExact()
    {
        var package = await packages.OpenAsync("mqa-fp32");
        using var engine = new GenAIEngine(new GenAIEngineOptions
        {
            Folder = package.Folder,
            KeyValueLayout = package.KeyValueLayout,
            ContextLength = package.MaxPositions,
            Engine = new EngineOptions { GenAIFolder = GenAINativeFolder.Require(), MaxCacheBytes = 2 * 256 * 384 },
        });
        var sequences = Enumerable.Range(0, 3).Select(_ => (GenAISequence)engine.CreateSequence()).ToArray();
        foreach (var sequence in sequences) engine.Run(sequence, 2, 3, 4, 5);
        Assert.Null(sequences[0].Generator);
        Assert.NotNull(sequences[2].Generator);
        EngineRuns.AssertClose(engine.Run(sequences[1], 6), engine.Run(sequences[0], 6), 1e-4f, "recomputed");
        Assert.False(engine.CanHold(engine.DemandOf(256) * 3));
        Assert.Contains("limit", Assert.Throws<EngineException>(() => engine.Run(sequences[0], new int[550])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reserve_Length_SizesTheGenerator()
    {
        using var engine = await OpenAsync("mqa-fp32");
        using var reserved = (GenAISequence)engine.CreateSequence();
        reserved.Reserve(40);
        engine.Run(reserved, 2, 3);
        Assert.Equal(40, reserved.Generator!.Capacity);
        engine.Run(reserved, new int[39]);
        Assert.Equal(256, reserved.Generator.Capacity);
        using var plain = (GenAISequence)engine.CreateSequence();
        engine.Run(plain, 2, 3);
        Assert.Equal(256, plain.Generator!.Capacity);
    }

    [Fact]
    public async Task Create_PackageWithoutLanguageModelHead_NamesTheOtherEngine()
    {
        GenAINativeFolder.Require();
        var package = await packages.OpenAsync("cls-fp32");
        var error = Assert.Throws<EngineException>(() => EngineFactory.Create(package, new EngineOptions { Kind = GemmaEngine.GenAI }));
        Assert.Contains("OnnxRuntime", error.Message, StringComparison.Ordinal);
    }

    private static string[] Functions() =>
        [.. typeof(GenAINative).GetMethods(BindingFlags.Public | BindingFlags.Static).Select(method => method.Name)
            .Where(name => name.StartsWith("Oga", StringComparison.Ordinal))];

    private async Task<IInferenceEngine> OpenAsync(string name) =>
        EngineFactory.Create(await packages.OpenAsync(name), new EngineOptions
        {
            Kind = GemmaEngine.GenAI,
            GenAIFolder = GenAINativeFolder.Require(),
            Threads = 1,
        });
}
