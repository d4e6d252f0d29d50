using Gemma.Runtime.Engines.GenAI;
using Gemma.Runtime.Engines.Native;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Engines.Providers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Engines.Selection;

/// <summary>What this machine can compute on.</summary>
/// <param name="Processors">The processors, and the threads that follow from them.</param>
/// <param name="OnnxRuntime">The native ONNX Runtime.</param>
/// <param name="GenAIPath">The native GenAI library, or null without one.</param>
/// <param name="GenAIVersion">Its version, or null without one.</param>
/// <param name="GenAIProblem">Why there is none, or null.</param>
/// <param name="Driver">NVIDIA's driver and its GPUs.</param>
/// <param name="OnnxRuntimeProblems">What ONNX Runtime lacks to use a GPU; empty if nothing.</param>
/// <param name="GenAIProblems">What GenAI lacks to use a GPU; empty if nothing.</param>
internal sealed record DeviceReport(
    ProcessorReport Processors,
    OnnxRuntimeLibrary OnnxRuntime,
    string? GenAIPath,
    string? GenAIVersion,
    string? GenAIProblem,
    CudaDriver Driver,
    IReadOnlyList<string> OnnxRuntimeProblems,
    IReadOnlyList<string> GenAIProblems)
{
    /// <summary>Looks at the machine.</summary>
    /// <param name="genAIFolder">A folder with the native GenAI library, or null.</param>
    /// <exception cref="EngineException">ONNX Runtime itself is missing.</exception>
    public static DeviceReport Create(string? genAIFolder)
    {
        var (path, version, problem) = FindGenAI(genAIFolder);
        return new DeviceReport(
            ProcessorReport.Current,
            OnnxRuntimeLibrary.Load(),
            path,
            version,
            problem,
            CudaDriver.Query(),
            CudaPreflight.OfMachine.FindProblems(GemmaEngine.OnnxRuntime, 0, genAIFolder),
            CudaPreflight.OfMachine.FindProblems(GemmaEngine.GenAI, 0, genAIFolder));
    }

    private static (string? Path, string? Version, string? Problem) FindGenAI(string? folder)
    {
        try
        {
            var library = GenAILibrary.Load(folder, NullLogger.Instance);
            return (library.Path, library.Version, null);
        }
        catch (EngineException e)
        {
            return (null, null, e.Message);
        }
    }
}
