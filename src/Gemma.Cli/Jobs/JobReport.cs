using Gemma.Cli.Infrastructure;
using Gemma.Jobs;

namespace Gemma.Cli.Jobs;

/// <summary>Says how a job is.</summary>
internal static class JobReport
{
    private const int Failed = 1;

    /// <summary>How a run ended.</summary>
    /// <exception cref="InvalidOperationException">Parts failed.</exception>
    public static void Write(CommandConsole console, JobProgress ended, bool asJson)
    {
        WriteProgress(console, ended, asJson);
        if (ended.Errors > 0) console.Error.WriteLine($"warning: {ended.Errors} lines cannot be worked on; their results say why (\"error\").");
        if (ended.FailedParts > 0)
            throw new InvalidOperationException($"{ended.FailedParts} parts failed; part-*.error.json say why. The same command tries them again.");
    }

    public static void WriteProgress(CommandConsole console, JobProgress progress, bool asJson)
    {
        if (!asJson) console.Output.WriteLine(progress);
        else JsonLines.Write(console.Output, json =>
        {
            json.WriteNumber("lines", progress.Lines);
            json.WriteNumber("total_lines", progress.TotalLines);
            json.WriteNumber("parts", progress.Parts);
            json.WriteNumber("total_parts", progress.TotalParts);
            json.WriteNumber("errors", progress.Errors);
            json.WriteNumber("failed_parts", progress.FailedParts);
            json.WriteDouble("lines_per_second", progress.LinesPerSecond);
        });
    }

    /// <summary>What a job's folder holds.</summary>
    /// <returns>The exit code.</returns>
    public static int Write(CommandConsole console, JobVerification verified, bool asJson)
    {
        if (!asJson)
        {
            console.Output.WriteLine(
                $"{verified.Lines} of {verified.TotalLines} lines, {verified.Errors} errors, {verified.MissingParts.Count} parts "
                    + $"missing, {verified.BrokenParts.Count} broken");
        }
        else JsonLines.Write(console.Output, json =>
        {
            json.WriteNumber("lines", verified.Lines);
            json.WriteNumber("total_lines", verified.TotalLines);
            json.WriteNumber("errors", verified.Errors);
            json.WriteIds("missing_parts", verified.MissingParts);
            json.WriteIds("broken_parts", verified.BrokenParts);
        });
        return verified.IsComplete ? 0 : Failed;
    }
}
