using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.Native;

/// <summary>
/// The native ONNX Runtime of the process. GenAI opens it inside its own loading and ends the process when there is none or an old one,
/// so it is loaded and asked for its version first.
/// </summary>
/// <param name="Path">The file, or null if the system's loader found it.</param>
/// <param name="Version">Such as 1.31.1.</param>
internal sealed unsafe record OnnxRuntimeLibrary(string? Path, string Version)
{
    // Read once, when the library makes its environment. On by default, and it sends what it counts over the network.
    private const string TelemetrySwitch = "ORT_DISABLE_TELEMETRY";

    // The oldest interface that GenAI takes.
    private const uint OldestApi = 18;

    /// <summary>Loads the library that the managed ONNX Runtime of the application uses. Nothing of it may be used before, or its telemetry is on.</summary>
    /// <exception cref="EngineException">It is missing, too old or something else.</exception>
    public static OnnxRuntimeLibrary Load()
    {
        NativeEnvironment.Set(TelemetrySwitch, "1");
        if (NativeFolders.Find(NativeFolders.OfApplication(), "onnxruntime") is { } path) return Load(path);
        if (!NativeLibrary.TryLoad("onnxruntime", typeof(OrtEnv).Assembly, null, out var handle))
        {
            throw new EngineException(
                "The native ONNX Runtime library is missing: reference the package Microsoft.ML.OnnxRuntime (or Microsoft.ML.OnnxRuntime.Gpu) in the "
                    + "application.");
        }
        return new OnnxRuntimeLibrary(null, Check(handle, "onnxruntime"));
    }

    /// <summary>Loads a certain file.</summary>
    /// <exception cref="EngineException">It is not a usable ONNX Runtime.</exception>
    public static OnnxRuntimeLibrary Load(string path)
    {
        NativeEnvironment.Set(TelemetrySwitch, "1");
        try
        {
            return new OnnxRuntimeLibrary(path, Check(NativeLibrary.Load(path), path));
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new EngineException($"{path} cannot be loaded: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static string Check(nint library, string name)
    {
        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var export))
            throw new EngineException($"{name} is not ONNX Runtime: it has no function OrtGetApiBase.");
        var api = ((delegate* unmanaged<ApiBase*>)export)();
        var version = Marshal.PtrToStringUTF8((nint)api->GetVersionString()) ?? "unknown";
        return api->GetApi(OldestApi) is not null
            ? version
            : throw new EngineException(string.Create(CultureInfo.InvariantCulture,
                $"{name} is ONNX Runtime {version}, which is too old: ONNX Runtime GenAI needs 1.{OldestApi} or later; update the package "
                    + $"Microsoft.ML.OnnxRuntime."));
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ApiBase
    {
        public delegate* unmanaged<uint, void*> GetApi;
        public delegate* unmanaged<byte*> GetVersionString;
    }
}
