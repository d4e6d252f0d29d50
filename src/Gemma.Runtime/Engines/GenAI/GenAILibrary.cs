using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Gemma.Runtime.Engines.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>
/// The native GenAI library, once per process. GenAI itself keeps one ONNX Runtime environment, one log callback and one shutdown per process,
/// so this class alone holds static state: the loaded library, the logger, and the engines to close before the process ends.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed unsafe partial class GenAILibrary
{
    private static readonly Lock Gate = new();
    private static readonly List<WeakReference<GenAIEngine>> Engines = [];
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(2);
    private static GenAILibrary? Loaded;
    private static ILogger Logger = NullLogger.Instance;

    private readonly nint _handle;

    private GenAILibrary(string path, nint handle, OnnxRuntimeLibrary onnxRuntime)
    {
        _handle = handle;
        Path = path;
        OnnxRuntime = onnxRuntime;
        Version = ReadVersion();
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The version, exactly where the file states it, otherwise the newest version whose functions are there, as in "0.18+".</summary>
    public string Version { get; }

    /// <summary>The ONNX Runtime that it computes with.</summary>
    public OnnxRuntimeLibrary OnnxRuntime { get; }

    /// <summary>
    /// Finds and loads the library: from the folder, or else from the one in <see cref="GenAILocation.FolderVariable"/>, or else from beside the application.
    /// </summary>
    /// <exception cref="EngineException">GenAI or ONNX Runtime is missing, too old, or another GenAI is loaded.</exception>
    public static GenAILibrary Load(string? folder, ILogger logger)
    {
        lock (Gate)
        {
            if (Loaded is null || folder is not null)
            {
                var path = GenAILocation.Find(folder);
                if (Loaded is null) Loaded = Open(path);
                else if (Loaded.Path != path)
                {
                    throw new EngineException(
                        $"{Loaded.Path} is loaded already, and a process can hold only one ONNX Runtime GenAI: name the same folder for all models instead "
                            + $"of {folder}.");
                }
            }

            if (logger is not NullLogger) Logger = logger;
            return Loaded;
        }
    }

    /// <summary>Has the engine closed before the process ends, if it is still open then.</summary>
    public static void Register(GenAIEngine engine)
    {
        lock (Gate)
        {
            Engines.RemoveAll(static reference => !reference.TryGetTarget(out _));
            Engines.Add(new WeakReference<GenAIEngine>(engine));
        }
    }

    /// <summary>Forgets a closed engine.</summary>
    public static void Unregister(GenAIEngine engine)
    {
        lock (Gate) Engines.RemoveAll(reference => !reference.TryGetTarget(out var target) || ReferenceEquals(target, engine));
    }

    private static GenAILibrary Open(string path)
    {
        var onnxRuntime = OnnxRuntimeLibrary.Load();

        // Read while the library loads: it does not search for another ONNX Runtime. Telemetry is off since that one was loaded.
        if (onnxRuntime.Path is { } runtime) NativeEnvironment.Set("ORT_LIB_PATH", runtime);
        nint handle;
        try
        {
            handle = NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new EngineException($"{path} cannot be loaded: {e.Message.ReplaceLineEndings(" ")}", e);
        }

        if (!NativeLibrary.TryGetExport(handle, "OgaGenerator_TokenCount", out _))
            throw new EngineException($"{path} is older than ONNX Runtime GenAI 0.12; update the package.");
        if (NativeLibrary.TryGetExport(handle, "OgaSetTelemetryEnabled", out var telemetry)) ((delegate* unmanaged<byte, void>)telemetry)(0);
        NativeLibrary.SetDllImportResolver(typeof(GenAILibrary).Assembly, Resolve);
        var library = new GenAILibrary(path, handle, onnxRuntime);
        Loaded = library;
        GenAIResult.Check(GenAINative.OgaSetLogBool("ansi_tags", false), "configure its log");
        GenAIResult.Check(GenAINative.OgaSetLogBool("enabled", true), "configure its log");
        GenAIResult.Check(GenAINative.OgaSetLogBool("warning", true), "configure its log");
        GenAIResult.Check(GenAINative.OgaSetLogCallback(&OnLog), "configure its log");
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => Shutdown();
        return library;
    }

    // The system's own search must never find GenAI: it would load it without ONNX Runtime.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name != GenAINative.Library
        ? 0
        : Loaded?._handle ?? throw new DllNotFoundException("ONNX Runtime GenAI was not loaded.");

    private static void Shutdown()
    {
        List<GenAIEngine> open = [];
        lock (Gate)
        {
            foreach (var reference in Engines)
            {
                if (reference.TryGetTarget(out var engine)) open.Add(engine);
            }
        }

        // An engine that does not stop in time keeps its objects; the process then ends without GenAI's own clean-up.
        var closed = open.TrueForAll(static engine => engine.TryClose(ShutdownPatience));
        _ = GenAIResult.TakeError(GenAINative.OgaSetLogCallback(null));
        if (closed) GenAINative.OgaShutdown();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLog(byte* text, nuint length)
    {
        try
        {
            var message = System.Text.Encoding.UTF8.GetString(text, (int)length).Trim();
            if (message.Length > 0) LogNative(Logger, message);
        }
        catch (Exception e)
        {
            // An exception must not reach the native caller, which would end the process.
            Debug.WriteLine(e);
        }
    }

    private string ReadVersion()
    {
        if (OperatingSystem.IsWindows() && FileVersionInfo.GetVersionInfo(Path).ProductVersion is { Length: > 0 } version) return version;
        return NativeLibrary.TryGetExport(_handle, "OgaEngineCreateRequest", out _) ? "0.18+"
            : NativeLibrary.TryGetExport(_handle, "OgaSetTelemetryEnabled", out _) ? "0.15+"
            : "0.12+";
    }

    [LoggerMessage(1, LogLevel.Debug, "ONNX Runtime GenAI: {Message}")]
    private static partial void LogNative(ILogger logger, string message);
}
