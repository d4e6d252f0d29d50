using System.CommandLine;
using Gemma.Cli.Chat;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Chat;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma run</c>: one question, one answer.</summary>
internal static class RunCommand
{
    private const string ModelVariable = "GEMMA_MODEL";

    public static Command Create(CommandConsole console)
    {
        var command = new Command("run", "Answers one question: gemma run [PACKAGE] \"question\". Text that is piped in follows the question.");
        var words = new Argument<string[]>("QUESTION")
        {
            Description = "The package, unless GEMMA_MODEL names it or 'gemma list' shows only one, and the question, unless it is piped in.",
            Arity = new ArgumentArity(0, 2),
        };
        command.Add(words);
        var model = new ModelSymbols(command, hasPackage: false, generates: true);
        var chat = new ChatSymbols(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (package, question) = Read(parsed.GetValue(words) ?? []);
            var piped = console.IsInteractive ? string.Empty : (await console.Input.ReadToEndAsync(cancellationToken)).Trim();
            var prompt = string.Join("\n\n", new[] { question, piped }.Where(text => !string.IsNullOrWhiteSpace(text)));
            if (prompt.Length == 0) throw new UsageException("QUESTION is missing; write it behind the package, or pipe it in.");
            await using var loaded = await model.LoadAsync(package, parsed, console, cancellationToken);
            using var client = new GemmaChatClient(loaded);
            await foreach (var update in client.GetStreamingResponseAsync(prompt, chat.Options(parsed), cancellationToken))
            {
                await console.Output.WriteAsync(update.Text);
                await console.Output.FlushAsync(cancellationToken);
            }

            await console.Output.WriteLineAsync();
        });
        return command;
    }

    private static (string Package, string? Question) Read(string[] words)
    {
        if (words.Length == 2) return (words[0], words[1]);
        if (words.Length == 1 && ModelPlaces.IsModel(words[0])) return (words[0], null);
        var question = words.FirstOrDefault();
        if (Environment.GetEnvironmentVariable(ModelVariable) is { Length: > 0 } chosen) return (chosen, question);
        return ModelPlaces.Packages().ToArray() is [var only]
            ? (only, question)
            : throw new UsageException($"PACKAGE is missing; write it before the question, or put it in {ModelVariable}.");
    }
}
