using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Infrastructure;

/// <summary>Shows what the libraries log: warnings always, information on request.</summary>
internal sealed class TerminalLogger(TextWriter error, bool verbose) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (verbose ? LogLevel.Information : LogLevel.Warning);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        var text = formatter(state, exception);
        if (logLevel >= LogLevel.Error && exception is not null) text = $"{text}: {exception.Message}";
        error.WriteLine($"{(logLevel >= LogLevel.Warning ? "warning" : "info")}: {OneLine(text)}");
    }

    // What comes from outside, such as a request's path, must not look like a line of its own.
    private static string OneLine(string text) => TerminalText.Escape(text.ReplaceLineEndings("\n"));
}
