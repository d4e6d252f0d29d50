using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Chat;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma chat</c>: a conversation in the terminal; lines on standard input are the user's turns.</summary>
internal static class ChatCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command("chat", "Chats with a model: a line is a turn; an empty line ends the chat.");
        var model = new ModelSymbols(command);
        var system = new Option<string?>("--system") { Description = "A system text in front of the conversation." };
        var temperature = new Option<float?>("--temperature") { Description = "0 takes the most likely token; default: the model's." };
        var topK = new Option<int?>("--top-k") { Description = "Only this many most likely tokens are considered." };
        var topP = new Option<float?>("--top-p") { Description = "Only the most likely tokens with this probability together are considered." };
        var seed = new Option<long?>("--seed") { Description = "Makes sampling repeatable." };
        var maxTokens = new Option<int?>("--max-new-tokens") { Description = "The most tokens of an answer." };
        foreach (var option in (Option[])[system, temperature, topK, topP, seed, maxTokens]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken);
            using var client = new GemmaChatClient(loaded);
            await ConverseAsync(console, client, new ChatOptions
            {
                Instructions = parsed.GetValue(system),
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                Seed = parsed.GetValue(seed),
                MaxOutputTokens = parsed.GetValue(maxTokens),
            }, cancellationToken);
        });
        return command;
    }

    private static async Task ConverseAsync(CommandConsole console, GemmaChatClient client, ChatOptions options, CancellationToken cancellationToken)
    {
        var interactive = console.IsInteractive;
        List<ChatMessage> history = [];
        while (true)
        {
            if (interactive) await console.Output.WriteAsync("> ");
            await console.Output.FlushAsync(cancellationToken);
            var line = await console.Input.ReadLineAsync(cancellationToken);
            if (line is null || (interactive && line.Length == 0)) return;
            if (line.Length == 0) continue;
            history.Add(new ChatMessage(ChatRole.User, line));
            List<ChatResponseUpdate> updates = [];
            await foreach (var update in client.GetStreamingResponseAsync(history, options, cancellationToken))
            {
                await console.Output.WriteAsync(update.Text);
                await console.Output.FlushAsync(cancellationToken);
                updates.Add(update);
            }

            await console.Output.WriteLineAsync();
            history.AddMessages(updates);
        }
    }
}
