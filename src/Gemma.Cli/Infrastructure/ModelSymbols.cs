using System.CommandLine;
using Gemma.Runtime;

namespace Gemma.Cli.Infrastructure;

/// <summary>The argument and the options of every command that opens a model.</summary>
internal sealed class ModelSymbols
{
    // Longer than any package computes, which cuts it.
    private const int MostContext = 1 << 24;

    private readonly Argument<string> _package = new("PACKAGE")
    {
        Description = "A model package, made by 'gemma convert', or a model that 'gemma list' shows.",
    };
    private readonly Option<int?> _context = new("--context") { Description = "The most tokens of prompt and answer together." };
    private readonly EngineSymbols _engine;

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasPackage">Whether the command names its package itself.</param>
    public ModelSymbols(Command command, bool hasPackage = true)
    {
        if (hasPackage) command.Add(_package);
        command.Add(_context);
        _engine = new EngineSymbols(command);
    }

    /// <summary>The package's path.</summary>
    public string Package(ParseResult parsed) => parsed.GetRequiredValue(_package);

    /// <summary>Opens the model; warnings go to the error stream.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="console">The streams.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <param name="beyondTraining">Whether sequences may become as long as the graph can compute, where no length is given.</param>
    public Task<GemmaModel> LoadAsync(ParseResult parsed, CommandConsole console, CancellationToken cancellationToken, bool beyondTraining = false) =>
        LoadAsync(Package(parsed), parsed, console, cancellationToken, beyondTraining);

    /// <summary>Opens a model that the command names itself.</summary>
    public async Task<GemmaModel> LoadAsync(string package, ParseResult parsed, CommandConsole console, CancellationToken cancellationToken,
        bool beyondTraining = false)
    {
        using var loggers = LoggerFactory(console, parsed);
        return await GemmaModel.LoadAsync(await ModelPlaces.FindAsync(package, loggers.CreateLogger(string.Empty), cancellationToken),
            Options(parsed, beyondTraining), loggers, null, cancellationToken);
    }

    private static TerminalLoggerFactory LoggerFactory(CommandConsole console, ParseResult parsed) => new(console.Error, parsed.GetValue<bool>("--verbose"));

    private GemmaModelOptions Options(ParseResult parsed, bool beyondTraining) => new()
    {
        Engine = _engine.Options(parsed) with { ContextLength = parsed.GetValue(_context) ?? (beyondTraining ? MostContext : null) },
        MaxQueueLength = int.MaxValue,
    };
}
