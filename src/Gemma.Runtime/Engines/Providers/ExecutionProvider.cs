using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.Providers;

/// <summary>What computes a graph's operators: one class for each device. Engines ask it and not the device's name.</summary>
/// <remarks>Immutable.</remarks>
internal abstract class ExecutionProvider
{
    private static readonly CpuProvider OnProcessor = new();
    private static readonly CudaProvider OnGpu = new();

    /// <summary>Its name in options of native libraries, telemetry and JSON.</summary>
    public abstract string Name { get; }

    /// <summary>Whether its tensors lie in the host's memory.</summary>
    public abstract bool IsOnHost { get; }

    /// <summary>The provider of a device that was chosen.</summary>
    /// <param name="device">The CPU or a GPU.</param>
    public static ExecutionProvider Of(GemmaDevice device) => device == GemmaDevice.Cuda ? OnGpu : OnProcessor;

    /// <summary>What is missing; empty if it can be used.</summary>
    /// <param name="preflight">Checks the machine.</param>
    /// <param name="engine">The engine that is to use it.</param>
    /// <param name="options">The device's number, and where libraries are.</param>
    public abstract IReadOnlyList<string> FindProblems(CudaPreflight preflight, GemmaEngine engine, EngineOptions options);

    /// <summary>Adds the provider to a session's settings.</summary>
    /// <exception cref="EngineException">ONNX Runtime cannot load it, or the options are not for it.</exception>
    public abstract void AppendTo(SessionOptions settings, EngineOptions options);

    /// <summary>Its options by the native library's names; null where the library needs not be told of it.</summary>
    /// <exception cref="EngineException">The options are not for it.</exception>
    public abstract IReadOnlyDictionary<string, string>? NativeOptions(EngineOptions options);
}
