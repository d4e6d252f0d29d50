using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Providers;
using Gemma.Runtime.Engines.Selection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Tests.Engines.Cuda;

/// <summary>Which engine and device are taken, and what an error names, on machines that lack this or that.</summary>
public sealed class EngineSelectionTests
{
    private readonly FakeCudaMachine _machine = new();

    [Theory]
    [InlineData(null, GemmaDevice.Cpu, GemmaEngine.OnnxRuntime, GemmaDevice.Cpu)]
    [InlineData(GemmaEngine.GenAI, GemmaDevice.Cpu, GemmaEngine.GenAI, GemmaDevice.Cpu)]
    [InlineData(null, GemmaDevice.Cuda, GemmaEngine.GenAI, GemmaDevice.Cuda)]
    [InlineData(GemmaEngine.OnnxRuntime, GemmaDevice.Cuda, GemmaEngine.OnnxRuntime, GemmaDevice.Cuda)]
    [InlineData(null, GemmaDevice.Auto, GemmaEngine.GenAI, GemmaDevice.Cuda)]
    [InlineData(GemmaEngine.OnnxRuntime, GemmaDevice.Auto, GemmaEngine.OnnxRuntime, GemmaDevice.Cuda)]
    public void Resolve_CompleteMachine_TakesWhatWasAskedFor(GemmaEngine? asked, GemmaDevice device, GemmaEngine engine, GemmaDevice taken) =>
        Assert.Equal((engine, taken), Resolve(asked, device));

    [Theory]
    [InlineData(null, GemmaEngine.OnnxRuntime)]
    [InlineData(GemmaEngine.GenAI, GemmaEngine.GenAI)]
    public void Resolve_AutoWithoutDriver_TakesTheProcessor(GemmaEngine? asked, GemmaEngine engine)
    {
        _machine.Driver = new CudaDriver(null, [], "no NVIDIA driver");
        Assert.Equal((engine, GemmaDevice.Cpu), Resolve(asked, GemmaDevice.Auto));
    }

    [Theory]
    [InlineData("cublasLt", "CUDA 13 is not installed")]
    [InlineData("cudnn", "cuDNN 9 is not installed")]
    [InlineData("onnxruntime_providers_cuda", "Microsoft.ML.OnnxRuntime.Gpu")]
    [InlineData("genai", "genai is missing")]
    [InlineData("onnxruntime-genai-cuda", "Microsoft.ML.OnnxRuntimeGenAI.Cuda")]
    public void Resolve_CudaWithSomethingMissing_NamesIt(string missing, string expected)
    {
        _machine.Missing.Add(missing);
        Assert.Contains(expected, Assert.Throws<EngineException>(() => Resolve(null, GemmaDevice.Cuda)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_SeveralThingsMissing_NamesAllOnOneLine()
    {
        _machine.Driver = new CudaDriver(null, [], "no NVIDIA driver");
        _machine.Missing.UnionWith(["cudnn", "genai"]);
        var message = Assert.Throws<EngineException>(() => Resolve(null, GemmaDevice.Cuda)).Message;
        foreach (var part in (string[])["no NVIDIA driver", "cuDNN", "genai"]) Assert.Contains(part, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Resolve_GenAIMissing_DoesNotHinderOnnxRuntime()
    {
        _machine.Missing.UnionWith(["genai", "onnxruntime-genai-cuda"]);
        Assert.Equal((GemmaEngine.OnnxRuntime, GemmaDevice.Cuda), Resolve(GemmaEngine.OnnxRuntime, GemmaDevice.Cuda));
    }

    [Fact]
    public void Resolve_OlderOnnxRuntime_NeedsCuda12()
    {
        _machine.OnnxRuntimeVersion = "1.26.0";
        _machine.Missing.Add("cublasLt");
        Assert.Contains("CUDA 12", Assert.Throws<EngineException>(() => Resolve(null, GemmaDevice.Cuda)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void Resolve_GpuThatIsNotThere_SaysWhichAre(int index) =>
        Assert.Contains("only 0 to 0", Assert.Throws<EngineException>(() => Resolve(null, GemmaDevice.Cuda, index)).Message, StringComparison.Ordinal);

    [Fact]
    public void Resolve_ProviderThatDoesNotLoad_IsReportedAsItSays()
    {
        _machine.ProviderProblem = "libcufft.so.12 is missing";
        Assert.Contains("libcufft.so.12", Assert.Throws<EngineException>(() => Resolve(null, GemmaDevice.Cuda)).Message, StringComparison.Ordinal);
        Assert.Equal((GemmaEngine.OnnxRuntime, GemmaDevice.Cpu), Resolve(null, GemmaDevice.Auto));
    }

    private (GemmaEngine Engine, GemmaDevice Device) Resolve(GemmaEngine? kind, GemmaDevice device, int index = 0) =>
        EngineSelection.Resolve(new EngineOptions { Kind = kind, Device = device, DeviceIndex = index }, NullLogger.Instance, new CudaPreflight(_machine));
}
