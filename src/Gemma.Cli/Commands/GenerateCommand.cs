using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Generation;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma generate</c>: continues prompts, many at the same time.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command("generate", "Continues prompts as transformers' generate() does; greedy unless told to sample.");
        var model = new ModelSymbols(command, generates: true);
        var input = new InputSymbols(command, "prompt", LineKeys.Generate);
        var generation = new GenerationSymbols(command);
        var logProbabilities = new Option<int?>("--log-probs")
        {
            Description = "Report each new token's log-probability, and so many of the most likely tokens beside it.",
        };
        var controlTokens = new Option<bool>("--recognize-control-tokens")
        {
            Description = "Read control tokens in a raw prompt as such where the line does not say (\"recognize_control_tokens\"); else they are plain text.",
        };
        command.Add(logProbabilities);
        command.Add(controlTokens);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var defaults = new GenerationRequest { Config = generation.Read(parsed), Alternatives = parsed.GetValue(logProbabilities) };
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken, beyondTraining: true);
            var warning = new ControlTextWarning(loaded.Tokenizer, console.Error, parsed.GetValue(controlTokens));
            await OrderedBatch.RunAsync(
                input.ReadAsync(parsed, console, cancellationToken),
                (line, stopping) => GeneratedLine.RunAsync(loaded, line, defaults, warning, stopping),
                result => Write(console, loaded, result, input.Json(parsed)),
                cancellationToken);
        });
        return command;
    }

    private static void Write(CommandConsole console, GemmaModel model, GeneratedLine result, bool asJson)
    {
        if (asJson) JsonLines.Write(console.Output, json => result.Write(json, model));
        else foreach (var sequence in result.Sequences) console.Output.WriteLine(GeneratedLine.Text(model, sequence) ?? string.Join(' ', sequence.Ids));
        console.Output.Flush();
    }
}
