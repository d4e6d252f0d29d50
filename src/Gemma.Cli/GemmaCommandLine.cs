using System.CommandLine;
using Gemma.Cli.Commands;
using Gemma.Cli.Infrastructure;
using Gemma.Cli.Jobs;
using Gemma.Server.Hosting;
using Microsoft.Extensions.Options;

namespace Gemma.Cli;

/// <summary>The <c>gemma</c> command: parses, runs, and turns every failure into one line and an exit code.</summary>
internal static partial class GemmaCommandLine
{
    private const int Failed = 1;
    private const int WrongUsage = 2;

    // Longer than a server lets running requests end.
    private static readonly TimeSpan HostTermination = GemmaHost.DrainTime + TimeSpan.FromSeconds(10);
    private static readonly string[] Hosts = [ServeCommand.Name, RouteCommand.Name, ClusterSupport.SiloName];

    /// <summary>Runs a command line.</summary>
    /// <returns>0; 1 the work failed; 2 wrong usage or bad input.</returns>
    public static async Task<int> RunAsync(string[] arguments, CommandConsole console, CancellationToken cancellationToken = default)
    {
        var (root, verbose) = Create(console);
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0) return Report(console, $"{OneLine(parsed.Errors[0].Message)} Run 'gemma --help' for the options.", WrongUsage);
        try
        {
            var configuration = new InvocationConfiguration { Output = console.Output, Error = console.Error, EnableDefaultExceptionHandler = false };

            // A chat stops its answers itself, and what serves others lets their requests end.
            var command = parsed.CommandResult.Command.Name;
            if (console.HasKeyboard && command == ChatCommand.Name) configuration.ProcessTerminationTimeout = null;
            else if (Hosts.Contains(command)) configuration.ProcessTerminationTimeout = HostTermination;
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Report(console, "cancelled", Failed);
        }
        catch (Exception e)
        {
            if (parsed.GetValue(verbose)) await console.Error.WriteLineAsync(e.ToString());
            return Report(console, OneLine(e.Message), IsBadInput(e) ? WrongUsage : Failed);
        }
        finally
        {
            await console.Output.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>All commands.</summary>
    public static (RootCommand Root, Option<bool> Verbose) Create(CommandConsole console)
    {
        var verbose = new Option<bool>("--verbose") { Description = "Print stack traces and details.", Recursive = true };
        var root = new RootCommand("Runs Gemma models on this machine: converts checkpoints, chats, scores, classifies.")
        {
            verbose,
            BenchCommand.Create(console),
            PullCommand.Create(console),
            ListCommand.Create(console),
            RemoveCommand.Create(console),
            ConvertCommand.Create(console),
            InfoCommand.Create(console),
            GenerateCommand.Create(console),
            ChatCommand.Create(console),
            RunCommand.Create(console),
            ClassifyCommand.Create(console),
            EmbedCommand.Create(console),
            TokenizeCommand.Create(console),
            ScoreCommand.Create(console),
            ServeCommand.Create(console),
            RouteCommand.Create(console),
            JobCommand.Create(console),
            CompletionsCommand.Create(console),
        };
        root.Add(Silo(console));
        LineKeysHelp.Use(root);
        return (root, verbose);
    }

    private static Command Silo(CommandConsole console)
    {
        Command? silo = null;
        CreateSilo(console, ref silo);
        return silo ?? ClusterSupport.CreateMissingSilo();
    }

    // Native executables have no clusters.
    static partial void CreateSilo(CommandConsole console, ref Command? silo);

    private static bool IsBadInput(Exception e) =>
        e is UsageException or OptionsValidationException or ArgumentException or NotSupportedException or FileNotFoundException or DirectoryNotFoundException
            || (e is GemmaException && e is not EngineException and not GemmaOverloadedException and not Conversion.Hub.HubException);

    private static int Report(CommandConsole console, string message, int exitCode)
    {
        console.Error.WriteLine($"error: {message}");
        return exitCode;
    }

    // Texts of files and servers are in it: nothing of them may control the terminal.
    private static string OneLine(string text) =>
        TerminalText.Escape(string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
