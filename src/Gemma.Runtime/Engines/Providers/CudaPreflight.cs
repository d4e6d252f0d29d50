using System.Globalization;
using Gemma.Runtime.Engines.Native;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>Checks whether an engine can compute on a GPU before any of the large libraries is loaded, and says what is missing if it cannot.</summary>
internal sealed class CudaPreflight(ICudaMachine machine)
{
    private const string CudnnMajor = "9";

    // ONNX Runtime's GPU packages are built for CUDA 13 from this version on.
    private static readonly Version FirstWithCuda13 = new(1, 27);

    /// <summary>The checks on this machine.</summary>
    public static CudaPreflight OfMachine { get; } = new(new CudaMachine());

    /// <summary>Throws if the engine cannot compute on the GPU.</summary>
    /// <exception cref="EngineException">Something is missing; one line that names all of it.</exception>
    public void Require(GemmaEngine engine, int index, string? genAIFolder)
    {
        if (FindProblems(engine, index, genAIFolder) is { Count: > 0 } problems)
        {
            throw new EngineException(
                $"CUDA cannot be used: {string.Join("; ", problems)}. Install what is missing (docs/gpu.md says which versions belong together) or choose "
                    + $"the device Cpu.");
        }
    }

    /// <summary>What is missing; empty if the GPU can be used.</summary>
    public IReadOnlyList<string> FindProblems(GemmaEngine engine, int index, string? genAIFolder)
    {
        List<string> problems = [];
        var driver = machine.QueryDriver();
        if (driver.Problem is { } problem) problems.Add(problem);
        else if (index < 0 || index >= driver.Devices.Count)
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"there is no GPU {index}, only 0 to {driver.Devices.Count - 1}"));

        var onnxRuntime = machine.LoadOnnxRuntime();
        AddMissingCuda(problems, onnxRuntime.Version);
        AddMissingProvider(problems, onnxRuntime);
        if (engine == GemmaEngine.GenAI) AddMissingGenAI(problems, genAIFolder);
        if (problems.Count > 0) return problems;

        try
        {
            machine.TryProvider(index);
        }
        catch (EngineException e)
        {
            problems.Add(e.Message);
        }

        return problems;
    }

    private void AddMissingCuda(List<string> problems, string onnxRuntimeVersion)
    {
        var major = System.Version.TryParse(onnxRuntimeVersion, out var version) && version < FirstWithCuda13 ? "12" : "13";
        var windows = OperatingSystem.IsWindows();
        AddMissingLibrary(problems, $"CUDA {major}", windows ? $"cublasLt64_{major}.dll" : $"libcublasLt.so.{major}");
        AddMissingLibrary(problems, $"cuDNN {CudnnMajor}", windows ? $"cudnn64_{CudnnMajor}.dll" : $"libcudnn.so.{CudnnMajor}");
    }

    private void AddMissingLibrary(List<string> problems, string name, string file)
    {
        if (!machine.CanLoad(file)) problems.Add($"{name} is not installed ({file})");
    }

    private void AddMissingProvider(List<string> problems, OnnxRuntimeLibrary onnxRuntime)
    {
        const string Provider = "onnxruntime_providers_cuda";
        IEnumerable<string> folders = Path.GetDirectoryName(onnxRuntime.Path) is { } folder ? [folder] : NativeFolders.OfApplication();
        if (!machine.Has(folders, Provider))
        {
            problems.Add(
                $"ONNX Runtime {onnxRuntime.Version} has no CUDA provider ({NativeFolders.FileName(Provider)}): reference the package "
                    + $"Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime");
        }
    }

    private void AddMissingGenAI(List<string> problems, string? folder)
    {
        const string Part = "onnxruntime-genai-cuda";
        try
        {
            var path = machine.FindGenAI(folder);
            if (!machine.Has([Path.GetDirectoryName(path)!], Part))
            {
                problems.Add(
                    $"{path} is the CPU build ({NativeFolders.FileName(Part)} is not beside it): reference the package Microsoft.ML.OnnxRuntimeGenAI.Cuda");
            }
        }
        catch (EngineException e)
        {
            problems.Add(e.Message.TrimEnd('.'));
        }
    }
}
