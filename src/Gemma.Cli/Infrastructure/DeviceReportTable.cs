using System.Globalization;
using Gemma.Runtime.Engines.Processors;
using Gemma.Runtime.Engines.Selection;
using Spectre.Console;

namespace Gemma.Cli.Infrastructure;

/// <summary>What the machine can compute on, as a table.</summary>
internal static class DeviceReportTable
{
    private const double GigaByte = 1e9;

    public static Table Create(DeviceReport report)
    {
        var table = new Table { ShowHeaders = false, Border = TableBorder.None };
        table.AddColumns(string.Empty, string.Empty);
        Add(table, "ONNX Runtime", $"{report.OnnxRuntime.Version} {report.OnnxRuntime.Path}");
        Add(table, "ONNX Runtime GenAI", report.GenAIProblem ?? $"{report.GenAIVersion} {report.GenAIPath}");
        Add(table, "cpu", Describe(report.Processors));
        foreach (var device in report.Driver.Devices)
        {
            Add(table, string.Create(CultureInfo.InvariantCulture, $"cuda {device.Index}"),
                string.Create(CultureInfo.InvariantCulture, $"{device.Name}, {device.MemoryBytes / GigaByte:F1} GB, driver for CUDA {report.Driver.Version}"));
        }
        Add(table, "cuda with onnxruntime", Problems(report.OnnxRuntimeProblems));
        Add(table, "cuda with genai", Problems(report.GenAIProblems));
        return table;
    }

    private static string Describe(ProcessorReport processors)
    {
        var (topology, quota) = (processors.Topology, processors.Quota is { } cores
                ? string.Create(CultureInfo.InvariantCulture, $", a quota of {cores:0.##} cores")
                : string.Empty);
        var fast = topology.FastCores < topology.Cores
            ? string.Create(CultureInfo.InvariantCulture, $" ({topology.FastCores} performance cores)")
            : string.Empty;
        return string.Create(CultureInfo.InvariantCulture,
            $"{topology.Logical} logical processors of {topology.Cores} cores{fast}{quota}; "
                + $"threads: {processors.Threads}, {processors.Reason}, {(ThreadSettings.For(0, null).Spinning ? "spinning" : "not spinning")} between "
                + $"pieces of work");
    }

    private static string Problems(IReadOnlyList<string> problems) => problems.Count == 0 ? "ready" : string.Join("; ", problems);

    private static void Add(Table table, string name, string value) => table.AddRow(new Text(name), new Text(value));
}
