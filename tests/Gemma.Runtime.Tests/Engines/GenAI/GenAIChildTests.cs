using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.GenAI;
using Gemma.Runtime.Engines.Selection;

namespace Gemma.Runtime.Tests.Engines.GenAI;

/// <summary>Run by <see cref="GenAIProcessTests"/>, each in a process of its own.</summary>
public sealed partial class GenAIChildTests(TestPackages packages)
{
    private const int Cycles = 500;
    private const long AllowedGrowth = 16 << 20;

    [Fact(Explicit = true)]
    public async Task FirstUseOfAnyNativeLibrary()
    {
        using var engine = await OpenAsync("official-fp32");
        Assert.Equal(512, engine.Fresh(2, 3).Length);
    }

    // Both libraries bring an allocator for ONNX Runtime's environment, which takes one.
    [Fact(Explicit = true)]
    public async Task BothEnginesOnnxRuntimeFirst()
    {
        using var first = await OpenOnnxRuntimeAsync();
        using var second = await OpenAsync("official-fp32");
        Assert.Equal(first.Fresh(2, 3, 17).AsSpan().IndexOf(first.Fresh(2, 3, 17).Max()),
            second.Fresh(2, 3, 17).AsSpan().IndexOf(second.Fresh(2, 3, 17).Max()));
    }

    [Fact(Explicit = true)]
    public async Task BothEnginesGenAIFirst()
    {
        IInferenceEngine second;
        using (var first = await OpenAsync("official-fp32"))
        {
            second = await OpenOnnxRuntimeAsync();
            Assert.Equal(first.Fresh(2, 3, 17).AsSpan().IndexOf(first.Fresh(2, 3, 17).Max()),
                second.Fresh(2, 3, 17).AsSpan().IndexOf(second.Fresh(2, 3, 17).Max()));
        }

        Assert.Equal(512, second.Fresh(2, 3).Length);
        second.Dispose();
        using var third = await OpenOnnxRuntimeAsync();
        Assert.Equal(512, third.Fresh(2, 3).Length);
    }

    [Fact(Explicit = true)]
    public async Task ExitWithoutDispose()
    {
        var engine = await OpenAsync("official-fp32");
        var sequence = engine.CreateSequence();
        engine.Run(sequence, 2, 3);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => GC.KeepAlive((engine, sequence));
    }

    [Fact(Explicit = true)]
    public async Task ExitDuringAPrompt()
    {
        var engine = await OpenAsync("slow-fp32");
        var sequence = engine.CreateSequence();
        int[] prompt = [.. Enumerable.Range(0, 3000).Select(i => 2 + (i * 7 % 290))];
        using var started = new ManualResetEventSlim();
        new Thread(() =>
        {
            started.Set();
            try
            {
                engine.Run([new EngineInput(sequence, prompt)], CancellationToken.None);
            }
            catch (EngineException)
            {
                // The exit interrupts it.
            }
        }).Start();
        started.Wait(TestContext.Current.CancellationToken);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        packages.Dispose();
        Environment.Exit(0);
    }

    [Fact(Explicit = true)]
    public async Task ManyCyclesKeepMemoryFlat()
    {
        using var engine = await OpenAsync("official-fp32");
        for (var i = 0; i < Cycles / 10; i++) Cycle();
        var before = Memory();
        for (var i = 0; i < Cycles; i++) Cycle();
        Assert.InRange(Memory() - before, long.MinValue, AllowedGrowth);

        void Cycle()
        {
            using var sequence = engine.CreateSequence();
            engine.Greedy(sequence, [2, 300, 17, 451], 1);
        }
    }

    [Fact(Explicit = true)]
    public void TelemetryIsOffForNativeCode()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "libc only");
        _ = GenAILibrary.Load(null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Equal("1", Marshal.PtrToStringUTF8(GetEnvironment("ORT_DISABLE_TELEMETRY")));
    }

    private async Task<IInferenceEngine> OpenOnnxRuntimeAsync() =>
        EngineFactory.Create(await packages.OpenAsync("official-fp32"), new EngineOptions { Kind = GemmaEngine.OnnxRuntime, Threads = 1 });

    private static long Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Environment.WorkingSet;
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);

    private async Task<IInferenceEngine> OpenAsync(string name) =>
        EngineFactory.Create(await packages.OpenAsync(name), new EngineOptions { Kind = GemmaEngine.GenAI, Threads = 1 });
}
