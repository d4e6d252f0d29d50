using System.Text.Json;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Engines.Selection;

namespace Gemma.Cli.Infrastructure;

/// <summary>What the machine can compute on, as properties of a JSON object.</summary>
internal static class DeviceReportJson
{
    public static void Write(Utf8JsonWriter json, DeviceReport report)
    {
        WriteEngine(json, "onnxruntime", report.OnnxRuntime.Version, report.OnnxRuntime.Path, null, report.OnnxRuntimeProblems);
        WriteEngine(json, "genai", report.GenAIVersion, report.GenAIPath, report.GenAIProblem, report.GenAIProblems);
        json.WriteString("cuda_driver", report.Driver.Version);
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteString("device", "cpu");
        json.WriteNumber("logical_processors", report.Processors.Topology.Logical);
        json.WriteNumber("cores", report.Processors.Topology.Cores);
        json.WriteNumber("performance_cores", report.Processors.Topology.FastCores);
        if (report.Processors.Quota is { } quota) json.WriteNumber("quota_cores", quota);
        else json.WriteNull("quota_cores");
        if (report.Processors.SiblingGain is { } gain) json.WriteNumber("sibling_gain", gain);
        json.WriteNumber("threads", report.Processors.Threads);
        json.WriteString("threads_reason", report.Processors.Reason);
        json.WriteBoolean("spinning", ThreadSettings.For(0, null).Spinning);
        json.WriteEndObject();
        foreach (var device in report.Driver.Devices)
        {
            json.WriteStartObject();
            json.WriteString("device", "cuda");
            json.WriteNumber("index", device.Index);
            json.WriteString("name", device.Name);
            json.WriteNumber("memory_bytes", device.MemoryBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteEngine(Utf8JsonWriter json, string name, string? version, string? path, string? problem, IReadOnlyList<string> cudaProblems)
    {
        json.WriteStartObject(name);
        json.WriteString("version", version);
        json.WriteString("path", path);
        json.WriteString("problem", problem);
        json.WriteBoolean("cuda", cudaProblems.Count == 0);
        json.WriteStartArray("cuda_problems");
        foreach (var text in cudaProblems) json.WriteStringValue(text);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
