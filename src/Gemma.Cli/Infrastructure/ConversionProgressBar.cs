using Gemma.Conversion;
using Spectre.Console;

namespace Gemma.Cli.Infrastructure;

/// <summary>A progress bar on the error stream: bytes, rate and time left.</summary>
internal static class ConversionProgressBar
{
    public static Task RunAsync(CommandConsole console, Func<IProgress<ConversionProgress>, Task> work) =>
        console.ErrorTerminal.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("Converting");
                await work(new Reporter(task));
                task.Value = task.MaxValue;
            });

    // Progress<T> would post reports to the thread pool, where they may overtake each other.
    private sealed class Reporter(ProgressTask task) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value)
        {
            task.MaxValue = Math.Max(1, value.BytesTotal);
            task.Value = Math.Max(task.Value, value.BytesDone);
        }
    }
}
