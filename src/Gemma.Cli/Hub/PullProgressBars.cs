using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Hub;
using Spectre.Console;

namespace Gemma.Cli.Hub;

/// <summary>A progress bar for all files together and one for each that is being loaded, on the error stream.</summary>
internal static class PullProgressBars
{
    public static Task<string> RunAsync(CommandConsole console, HubPlan plan, Func<IProgress<HubProgress>, Task<string>> work) =>
        console.ErrorTerminal.Progress()
            .AutoClear(false)
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn
            {
                Alignment = Justify.Left,
            }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => work(new Reporter(context, plan)));

    private sealed class Reporter(ProgressContext context, HubPlan plan) : IProgress<HubProgress>
    {
        private readonly ProgressTask _all = context.AddTask(Markup.Escape(plan.Name.ToString()), maxValue: Math.Max(1, plan.Bytes));
        private readonly Dictionary<string, ProgressTask> _files = [];

        // Reports come one at a time.
        public void Report(HubProgress value)
        {
            _all.Value = value.BytesDone;
            if (!_files.TryGetValue(value.File.Path, out var task))
                _files.Add(value.File.Path, task = context.AddTask(Markup.Escape(value.File.Path), maxValue: Math.Max(1, value.File.Bytes)));
            task.Value = value.FileBytesDone;
            if (value.FileBytesDone >= value.File.Bytes) task.StopTask();
        }
    }
}
