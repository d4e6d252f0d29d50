using System.CommandLine;
using System.Text.Json;

namespace Gemma.Benchmarks.Plots;

/// <summary><c>plot</c>: draws what <c>gemma bench --json</c> printed.</summary>
internal static class PlotCommand
{
    public static Command Create()
    {
        var report = new Argument<FileInfo>("REPORT") { Description = "What 'gemma bench --json' printed, with the part 'batch'." };
        var plot = new Argument<FileInfo>("SVG") { Description = "The file to draw into." };
        var command = new Command("plot", "Draws tokens per second over the number of sequences.") { report, plot };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(parsed.GetRequiredValue(report).FullName, cancellationToken));
            var root = json.RootElement;
            var batches = root.GetProperty("batch").EnumerateArray()
                .Select(batch => (batch.GetProperty("sequences").GetInt32(), batch.GetProperty("decode_tokens_per_second").GetDouble()));
            var ceiling = root.TryGetProperty("memory_bandwidth_bytes_per_second", out var bandwidth)
                ? bandwidth.GetDouble() / root.GetProperty("weight_bytes_per_token").GetDouble()
                : 0;
            await File.WriteAllTextAsync(parsed.GetRequiredValue(plot).FullName,
                ScalingPlot.Draw(root.GetProperty("model").GetString()!, ceiling, [.. batches]), cancellationToken);
        });
        return command;
    }
}
