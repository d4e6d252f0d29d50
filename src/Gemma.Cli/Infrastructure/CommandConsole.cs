using System.Text;
using Spectre.Console;

namespace Gemma.Cli.Infrastructure;

/// <summary>Where a command reads and writes: the process's streams, or a test's.</summary>
internal sealed class CommandConsole(TextReader input, TextWriter output, TextWriter error, bool ownsStreams = false, bool isInteractive = false) : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Input data, UTF-8.</summary>
    public TextReader Input => input;

    /// <summary>Results only, UTF-8.</summary>
    public TextWriter Output => output;

    /// <summary>Progress, warnings and errors.</summary>
    public TextWriter Error => error;

    /// <summary>Whether a person types the input.</summary>
    public bool IsInteractive => isInteractive || HasKeyboard;

    /// <summary>Whether input comes key by key and output goes to a terminal.</summary>
    public bool HasKeyboard => ownsStreams && !Console.IsInputRedirected && !Console.IsOutputRedirected;

    /// <summary>Characters of a line of the terminal; null where output is redirected.</summary>
    public int? OutputWidth => ownsStreams && !Console.IsOutputRedirected ? OutputTerminal.Profile.Width : null;

    /// <summary>Tables and progress bars on the error stream; plain text when it is redirected.</summary>
    public IAnsiConsole ErrorTerminal { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });

    /// <summary>Tables on the output stream; plain text when it is redirected.</summary>
    public IAnsiConsole OutputTerminal { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

    /// <summary>The process's own streams.</summary>
    public static CommandConsole OpenStandard() => new(
        new StreamReader(Console.OpenStandardInput(), Utf8),
        Console.IsOutputRedirected ? new StreamWriter(Console.OpenStandardOutput(), Utf8) { AutoFlush = true } : Console.Out,
        Console.Error,
        ownsStreams: true);

    public void Dispose()
    {
        if (!ownsStreams) return;
        input.Dispose();
        output.Flush();
    }
}
