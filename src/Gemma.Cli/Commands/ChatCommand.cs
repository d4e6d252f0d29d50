using System.CommandLine;
using Gemma.Cli.Chat;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Chat;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma chat</c>: a conversation in the terminal; lines on standard input are the user's turns.</summary>
internal static class ChatCommand
{
    public const string Name = "chat";

    public static Command Create(CommandConsole console)
    {
        var command = new Command(Name,
            "Chats with a model: a line is a turn. In a terminal /help shows what else there is; Ctrl-C stops an answer, Ctrl-D ends the chat.");
        var model = new ModelSymbols(command, generates: true);
        var chat = new ChatSymbols(command);
        var plain = new Option<bool>("--plain") { Description = "Show answers as they are, without bold, code and lists of Markdown." };
        command.Add(plain);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken);
            using var client = new GemmaChatClient(loaded);
            var renders = console.HasKeyboard && console.OutputTerminal.Profile.Capabilities.Ansi && !parsed.GetValue(plain);
            await ConverseAsync(console, new ChatSession(console, loaded, client, chat.Options(parsed), renders), cancellationToken);
        });
        return command;
    }

    private static async Task ConverseAsync(CommandConsole console, ChatSession session, CancellationToken cancellationToken)
    {
        using var stop = new StopKey(console.HasKeyboard);
        var input = new ChatInput(console);
        while (await input.ReadAsync(session.Prompt, cancellationToken) is { } text)
        {
            if (string.IsNullOrWhiteSpace(text)) continue;
            if (console.IsInteractive && text[0] == '/')
            {
                if (!ChatCommands.Run(session, text, console.Output)) return;
                continue;
            }

            using var answering = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            stop.Answering = answering;
            try
            {
                await session.AnswerAsync(text, answering.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                await console.Error.WriteLineAsync("(stopped)");
            }
            catch (GemmaException e) when (console.IsInteractive)
            {
                await console.Error.WriteLineAsync($"error: {e.Message}");
            }
            finally
            {
                stop.Answering = null;
            }
        }
    }
}
