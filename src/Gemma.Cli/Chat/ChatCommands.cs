using Gemma.Cli.Infrastructure;

namespace Gemma.Cli.Chat;

/// <summary>The lines of a chat that begin with a slash.</summary>
internal static class ChatCommands
{
    private const string Help = """
        /system [TEXT|none]     shows or changes the system text
        /set [NAME VALUE]       shows or changes temperature, top_k, top_p, seed, max_new_tokens; 'default' takes the model's
        /stats                  what the last answer took: tokens per second, time to the first token, cached tokens
        /save FILE, /load FILE  keeps the conversation, continues a kept one
        /clear                  forgets the conversation
        /exit                   ends the chat, as Ctrl-D does
        A line that ends with \ goes on in the next one; so does everything between two lines of three double quotes.
        Ctrl-C stops an answer.
        """;

    /// <summary>Carries out a line that is a command.</summary>
    /// <param name="session">The conversation.</param>
    /// <param name="line">The line.</param>
    /// <param name="output">Receives what there is to say.</param>
    /// <returns>Whether the chat goes on.</returns>
    public static bool Run(ChatSession session, string line, TextWriter output)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (name, text) = space < 0 ? (line, string.Empty) : (line[..space], line[(space + 1)..].Trim());
        try
        {
            switch (name)
            {
                case "/exit" or "/quit" or "/bye":
                    return false;
                case "/help" or "/?":
                    output.WriteLine(Help);
                    break;
                case "/clear":
                    session.Clear();
                    output.WriteLine("The conversation is forgotten.");
                    break;
                case "/system":
                    output.WriteLine(session.System(text));
                    break;
                case "/set":
                    output.WriteLine(session.Set(text));
                    break;
                case "/stats":
                    output.WriteLine(session.Stats());
                    break;
                case "/save":
                    output.WriteLine(session.Save(text));
                    break;
                case "/load":
                    output.WriteLine(session.Load(text));
                    break;
                default:
                    output.WriteLine($"There is no {name}; /help shows what there is. A space before the slash makes it text.");
                    break;
            }
        }
        catch (Exception e) when (e is UsageException or IOException or UnauthorizedAccessException)
        {
            output.WriteLine(e.Message);
        }

        return true;
    }
}
