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
    private readonly Option<string?> _draft = new("--draft")
    {
        Description = "A smaller model with the same vocabulary, which guesses tokens that PACKAGE checks: faster where it guesses well.",
    };
    private readonly Option<int?> _context = new("--context") { Description = "The most tokens of prompt and answer together." };
    private readonly EngineSymbols _engine;
    private readonly bool _generates;

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="hasPackage">Whether the command names its package itself.</param>
    /// <param name="generates">Whether it generates text, so that a draft model is of use.</param>
    public ModelSymbols(Command command, bool hasPackage = true, bool generates = false)
    {
        _generates = generates;
        if (hasPackage) command.Add(_package);
        command.Add(_context);
        if (generates) command.Add(_draft);
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
        var logger = loggers.CreateLogger(string.Empty);
        var draft = _generates && parsed.GetValue(_draft) is { } name ? await ModelPlaces.FindAsync(name, logger, cancellationToken) : null;
        var folder = await ModelPlaces.FindAsync(package, logger, cancellationToken);
        return await GemmaModel.LoadAsync(folder, Options(parsed, beyondTraining, draft), loggers, null, cancellationToken);
    }

    private static TerminalLoggerFactory LoggerFactory(CommandConsole console, ParseResult parsed) => new(console.Error, parsed.GetValue<bool>("--verbose"));

    private GemmaModelOptions Options(ParseResult parsed, bool beyondTraining, string? draft) => new()
    {
        Engine = _engine.Options(parsed) with { ContextLength = parsed.GetValue(_context) ?? (beyondTraining ? MostContext : null) },
        MaxQueueLength = int.MaxValue,
        DraftModelPath = draft,
    };
}
