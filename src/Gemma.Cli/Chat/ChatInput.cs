using Gemma.Cli.Infrastructure;

namespace Gemma.Cli.Chat;

/// <summary>Reads the user's turns: lines, or several that belong together.</summary>
internal sealed class ChatInput(CommandConsole console)
{
    private const string Quotes = "\"\"\"";
    private const string Continuation = "... ";

    private readonly LineEditor? _editor = console.HasKeyboard ? new LineEditor(console.Output) : null;

    /// <summary>The next turn; null at the end.</summary>
    /// <param name="prompt">What is shown before it, to people.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public async Task<string?> ReadAsync(string prompt, CancellationToken cancellationToken)
    {
        if (await ReadLineAsync(prompt, cancellationToken) is not { } line) return null;
        if (!console.IsInteractive) return line;
        List<string> lines = [];
        if (line.StartsWith(Quotes, StringComparison.Ordinal))
        {
            for (string? next = line[Quotes.Length..]; next is not null; next = await ReadLineAsync(Continuation, cancellationToken))
            {
                if (next.TrimEnd().EndsWith(Quotes, StringComparison.Ordinal))
                {
                    lines.Add(next.TrimEnd()[..^Quotes.Length]);
                    break;
                }

                lines.Add(next);
            }

            return string.Join('\n', lines).Trim('\n');
        }

        for (; line.EndsWith('\\'); line = await ReadLineAsync(Continuation, cancellationToken) ?? string.Empty) lines.Add(line[..^1]);
        return string.Join('\n', [.. lines, line]);
    }

    private async Task<string?> ReadLineAsync(string prompt, CancellationToken cancellationToken)
    {
        if (_editor is not null) return _editor.Read(prompt);
        if (console.IsInteractive) await console.Output.WriteAsync(prompt);
        await console.Output.FlushAsync(cancellationToken);
        return await console.Input.ReadLineAsync(cancellationToken);
    }
}
