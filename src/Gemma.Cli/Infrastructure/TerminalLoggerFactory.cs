using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Infrastructure;

/// <summary>Gives every category the same <see cref="TerminalLogger"/>.</summary>
internal sealed class TerminalLoggerFactory(TextWriter error, bool verbose) : ILoggerFactory
{
    private readonly TerminalLogger _logger = new(error, verbose);

    public ILogger CreateLogger(string categoryName) => _logger;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
