using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Gemma.Tests.Hub;
using Spectre.Console;

namespace Gemma.Benchmarks.Hub;

/// <summary>
/// <c>crashes</c>: kills <c>gemma pull</c> at any moment, many times, and lets several processes pull one model; the cache has to be valid after each.
/// </summary>
internal static class CrashesCommand
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2.5);

    public static Command Create()
    {
        var gemma = new Argument<string>("GEMMA") { Description = "The command's assembly, such as src/Gemma.Cli/bin/Release/net10.0/gemma.dll." };
        var kills = new Option<int>("--kills") { Description = "Pulls to kill.", DefaultValueFactory = _ => 200 };
        var processes = new Option<int>("--processes") { Description = "Processes that pull one model at the same time.", DefaultValueFactory = _ => 4 };
        var command = new Command("crashes", "Kills 'gemma pull' at random moments and checks the cache after each.") { gemma, kills, processes };
        command.SetAction(async (parsed, _) =>
        {
            var cache = Directory.CreateTempSubdirectory("gemma-crashes-").FullName;
            try
            {
                await using var server = await HubServer.StartAsync();
                server.Model = HubServerModel.Create(3_000_000);
                server.Switches.Delay = TimeSpan.FromMilliseconds(5);
                var crashes = new HubCrashes(server, cache, Path.GetFullPath(parsed.GetRequiredValue(gemma)));
                var start = Stopwatch.GetTimestamp();
                var (ended, continued) = await crashes.KillAsync(parsed.GetValue(kills), Longest);
                await crashes.PullAsync();
                Directory.Delete(cache, recursive: true);
                server.Requests.Clear();
                await crashes.PullAsync(parsed.GetValue(processes));
                var (seconds, loaded) = (Stopwatch.GetElapsedTime(start).TotalSeconds, server.Requests.Count(request => request.IsData));
                AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
                    $"{parsed.GetValue(kills)} pulls killed in {seconds:0} s: the cache was valid after each.");
                AnsiConsole.MarkupLineInterpolated($"{continued} continued a part, {ended} came to their end.");
                AnsiConsole.MarkupLineInterpolated($"{parsed.GetValue(processes)} processes at once asked for {loaded} large files; the model has 2.");
            }
            finally
            {
                Directory.Delete(cache, recursive: true);
            }
        });
        return command;
    }
}
