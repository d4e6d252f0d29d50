using Gemma.Runtime.Engines.Native;
using Gemma.Runtime.Engines.Providers;

namespace Gemma.Runtime.Tests.Engines.Cuda;

/// <summary>A machine with one GPU and everything installed, from which tests take things away.</summary>
internal sealed class FakeCudaMachine : ICudaMachine
{
    public CudaDriver Driver { get; set; } = new("13.1", [new CudaDevice(0, "GPU", 1L << 34)], null);

    public string OnnxRuntimeVersion { get; set; } = "1.31.1";

    public HashSet<string> Missing { get; } = [];

    public string? ProviderProblem { get; set; }

    public CudaDriver QueryDriver() => Driver;

    public OnnxRuntimeLibrary LoadOnnxRuntime() => new(Path.Combine("app", "onnxruntime"), OnnxRuntimeVersion);

    public bool CanLoad(string file) => !Missing.Any(part => file.Contains(part, StringComparison.Ordinal));

    public bool Has(IEnumerable<string> folders, string library) => !Missing.Contains(library);

    public string FindGenAI(string? folder) =>
        Missing.Contains("genai") ? throw new EngineException("The native library genai is missing.") : Path.Combine("app", "genai");

    public void TryProvider(int index)
    {
        if (ProviderProblem is { } problem) throw new EngineException(problem);
    }
}
