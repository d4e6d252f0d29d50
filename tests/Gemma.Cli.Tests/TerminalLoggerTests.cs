using Gemma.Cli.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Tests;

/// <summary>What the command shows of the libraries' logs.</summary>
public sealed class TerminalLoggerTests
{
    [Fact]
    public void Log_LineEndingsAndReasons_StayOnOneLine()
    {
        using var error = new StringWriter();
        var logger = new TerminalLogger(error, verbose: true);
        logger.Log(LogLevel.Information, default, "GET /x\r\nwarning: forged", null, static (text, _) => text);
        logger.Log(LogLevel.Error, default, "Request 1 failed", new IOException("disk"), static (text, _) => text);
        Assert.Equal("info: GET /x\\nwarning: forged\nwarning: Request 1 failed: disk\n", error.ToString().ReplaceLineEndings("\n"));
    }
}
