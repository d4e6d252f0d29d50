using Gemma.Runtime.Engines.Native;
using Gemma.Runtime.Engines.OnnxRuntime.Caches;
using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Engines.Providers;
using Gemma.Runtime.Models;
using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>Opens sessions with the settings every graph of this library wants.</summary>
internal static class OnnxRuntimeSession
{
    // Smaller constants stay unpacked inside the graph's file: ONNX Runtime 1.31 aligns packed weights in the file only above a mebibyte, and computes nonsense
    // from others.
    private const string SmallestExternalConstant = "1048577";

    /// <summary>Opens a graph.</summary>
    /// <exception cref="EngineException">The library is missing or cannot open it.</exception>
    public static InferenceSession Open(OnnxRuntimeEngineOptions options)
    {
        using var settings = CreateOptions();
        Configure(settings, options);
        var graph = options.Engine.CachePrecision == CachePrecision.Fp16 ? HalfCacheGraph.Read(options.ModelPath, options.KeyValueLayout) : null;
        return Open(options.ModelPath, settings, "open", graph);
    }

    /// <summary>
    /// Writes a graph as ONNX Runtime has optimised it, and its weights as they were and as it has packed them for this processor. A session that is opened
    /// from there still packs every weight, to compare, but then maps the written one and lets its own go.
    /// </summary>
    /// <param name="options">The graph, on the processor.</param>
    /// <param name="target">The file to write; weights go to the same name with ".data" behind.</param>
    /// <exception cref="EngineException">The library is missing, cannot open the graph or cannot write.</exception>
    public static void SavePrepacked(OnnxRuntimeEngineOptions options, string target)
    {
        using var settings = CreateOptions();
        Configure(settings, options);
        settings.OptimizedModelFilePath = target;
        settings.AddSessionConfigEntry("session.save_external_prepacked_constant_initializers", "1");
        settings.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", Path.GetFileName(target) + ".data");
        settings.AddSessionConfigEntry("session.optimized_model_external_initializers_min_size_in_bytes", SmallestExternalConstant);
        Open(options.ModelPath, settings, "pack the weights of").Dispose();
    }

    private static SessionOptions CreateOptions()
    {
        // The managed library fails in a type initializer, which tells nobody what to do.
        _ = OnnxRuntimeLibrary.Load();
        return new SessionOptions();
    }

    private static void Configure(SessionOptions settings, OnnxRuntimeEngineOptions options)
    {
        settings.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL;
        settings.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
        var (threads, spinning) = options.ThreadSettings;
        settings.IntraOpNumThreads = threads;

        // Optional inputs are initializers too, for which ONNX Runtime warns at each load.
        settings.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
        settings.AddSessionConfigEntry("session.intra_op.spin_duration_us", ThreadSettings.SpinMicroseconds);

        // Packing the weights for this processor is most of a load. Older libraries ignore the entry.
        settings.AddSessionConfigEntry("session.prepack.enable_parallel", "1");

        // Without VNNI, x64's fast product of bytes and signed bytes cuts off sums beyond 16 bits: weights are taken as unsigned there, which it multiplies
        // exactly. Nothing changes where nothing would be cut off.
        settings.AddSessionConfigEntry("session.x64quantprecision", "1");

        // Fewer page faults while packing, fewer address look-ups while computing.
        var provider = ExecutionProvider.Of(options.Device);
        if (provider.IsOnHost && EnvironmentAllocator.TryRegister()) settings.AddSessionConfigEntry("session.use_env_allocators", "1");
        provider.AppendTo(settings, options.Engine);
    }

    private static InferenceSession Open(string modelPath, SessionOptions settings, string purpose, byte[]? graph = null)
    {
        try
        {
            if (graph is null) return new InferenceSession(modelPath, settings);

            // A graph that comes from memory has no folder in which its weights could be.
            settings.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetDirectoryName(modelPath));
            return new InferenceSession(graph, settings);
        }
        catch (OnnxRuntimeException e)
        {
            throw new EngineException($"ONNX Runtime cannot {purpose} {modelPath}: {e.Message}", e);
        }
        catch (DllNotFoundException e)
        {
            throw new EngineException("The native ONNX Runtime library is missing: reference the package Microsoft.ML.OnnxRuntime in the application.", e);
        }
        finally
        {
            // What weights were packed into.
            EnvironmentAllocator.Memory.Trim();
        }
    }
}
