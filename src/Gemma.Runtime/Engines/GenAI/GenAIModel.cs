using System.Text;
using System.Text.Json;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Engines.Providers;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>A package opened by GenAI.</summary>
internal sealed class GenAIModel : IDisposable
{
    private GenAIModel(GenAIModelHandle handle, string folder, string device) => (Handle, Folder, Device) = (handle, folder, device);

    public GenAIModelHandle Handle { get; }

    public string Folder { get; }

    /// <summary>The device that GenAI computes on, in lower case.</summary>
    public string Device { get; }

    /// <exception cref="EngineException">The package cannot be opened, or not on the device that was asked for.</exception>
    public static unsafe GenAIModel Open(GenAIEngineOptions options)
    {
        var folder = options.Folder;
        GenAIResult.Check(GenAINative.OgaCreateConfig(folder, out var config), $"open {folder}");
        using (config)
        {
            GenAIResult.Check(GenAINative.OgaConfigOverlay(config, Overlay(options)), $"configure {folder}");

            // A package may name the providers it was built for; the application's choice replaces them.
            GenAIResult.Check(GenAINative.OgaConfigClearProviders(config), $"configure {folder}");
            var wanted = ExecutionProvider.Of(options.Device).Name;
            if (ExecutionProvider.Of(options.Device).NativeOptions(options.Engine) is { } settings) AddProvider(config, wanted, settings);

            GenAIResult.Check(GenAINative.OgaCreateModelFromConfig(config, out var handle), $"open {folder}");
            try
            {
                GenAIResult.Check(GenAINative.OgaModelGetDeviceType(handle, out var text), "name its device");
                var device = GenAIResult.TakeString(text).ToLowerInvariant();
                return device == wanted
                    ? new GenAIModel(handle, folder, device)
                    : throw new EngineException($"ONNX Runtime GenAI opened {folder} on the device '{device}' instead of '{wanted}'.");
            }
            catch
            {
                handle.Dispose();
                throw;
            }
        }
    }

    public void Dispose() => Handle.Dispose();

    private static void AddProvider(GenAIConfigHandle config, string name, IReadOnlyDictionary<string, string> options)
    {
        GenAIResult.Check(GenAINative.OgaConfigAppendProvider(config, name), $"use {name}");

        // A captured CUDA graph does not survive a rewind.
        Dictionary<string, string> settings = new(options, StringComparer.Ordinal);
        settings.TryAdd("enable_cuda_graph", "0");
        foreach (var (key, value) in settings)
            GenAIResult.Check(GenAINative.OgaConfigSetProviderOption(config, name, key, value), $"set the option {key} of {name}");
    }

    private static string Overlay(GenAIEngineOptions options)
    {
        var (threads, spinning) = options.ThreadSettings;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject("model");
            json.WriteNumber("context_length", options.ContextLength);
            json.WriteStartObject("decoder");
            json.WriteStartObject("session_options");
            json.WriteNumber("intra_op_num_threads", threads);

            // Optional inputs are initializers too, for which ONNX Runtime warns at each load.
            json.WriteNumber("log_severity_level", 3);
            json.WriteString("session.intra_op.allow_spinning", spinning ? "1" : "0");
            json.WriteString("session.intra_op.spin_duration_us", ThreadSettings.SpinMicroseconds);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
