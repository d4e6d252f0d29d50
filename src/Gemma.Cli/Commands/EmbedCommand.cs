using System.CommandLine;
using Gemma.Cli.Classification;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Inputs;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma embed</c>: vectors of texts or ids, or the hidden states of every token.</summary>
internal static class EmbedCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command("embed", "Makes vectors of texts: JSON Lines on standard input, with text or ids.");
        var model = new ModelSymbols(command);
        var layer = new Option<string>("--layer") { Description = "Which layer's states: last.", DefaultValueFactory = _ => "last" };
        var pooling = new Option<EmbeddingPooling?>("--pooling") { Description = "mean, lastToken, firstToken, max, meanSqrtLength or weightedMean; default: as the package's modules.json says, else mean." };
        var prompt = new Option<string?>("--prompt") { Description = "The name of the prompt before each text, such as query or document." };
        var dimensions = new Option<int?>("--dimensions") { Description = "Keep only so many numbers of each vector." };
        var raw = new Option<bool>("--no-normalize") { Description = "Do not scale vectors to length 1." };
        var truncate = new Option<bool>("--truncate") { Description = "Cut texts beyond the context at their end." };
        var states = new Option<bool>("--hidden-states") { Description = "The last layer's state of every token instead of one vector." };
        var json = new Option<bool>("--json") { Description = "JSON Lines; the only format." };
        foreach (var option in (Option[])[layer, pooling, prompt, dimensions, raw, truncate, states, json]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(layer) != "last") throw new UsageException($"--layer {parsed.GetValue(layer)}: only the last layer's states are in the graph; use --layer last.");
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken);
            var lines = new LineQueue();
            var inputs = lines.InputsAsync(JsonLines.ReadAsync(console.Input, LineKeys.Embed, cancellationToken), cancellationToken);
            var progress = new TextProgress(console.Error);
            if (parsed.GetValue(states))
            {
                await foreach (var (_, rows) in lines.JoinAsync(ReadStatesAsync(loaded, inputs, parsed.GetValue(truncate), cancellationToken), cancellationToken))
                {
                    Write(console, rows);
                    progress.Add();
                }

                return;
            }

            var generator = new GemmaEmbeddingGenerator(loaded, new GemmaEmbeddingOptions { Pooling = parsed.GetValue(pooling), Normalize = parsed.GetValue(raw) ? false : null, Truncate = parsed.GetValue(truncate), PromptName = parsed.GetValue(prompt) });
            await foreach (var (_, result) in lines.JoinAsync(generator.ReadAsync(inputs, new EmbeddingGenerationOptions { Dimensions = parsed.GetValue(dimensions) }, cancellationToken), cancellationToken))
            {
                Write(console, result.Vector);
                progress.Add();
            }
        });
        return command;
    }

    private static IAsyncEnumerable<float[][]> ReadStatesAsync(GemmaModel model, IAsyncEnumerable<ClassificationInput> inputs, bool truncate, CancellationToken cancellationToken)
    {
        var encoder = new InputEncoder(model, new InputLimits(null, truncate ? TokenizerSide.Right : null, RecognizeControlTokens: false));
        return new TextStream(model, RequestOperation.Embeddings, 0, null).RunAsync(inputs, (input, index, leaving) => new HiddenStatesReading(encoder.Encode(input, index).Ids, model.Engine.HiddenSize, leaving), cancellationToken);
    }

    private static void Write(CommandConsole console, float[] vector) => JsonLines.Write(console.Output, json =>
    {
        json.WriteStartArray("embedding");
        foreach (var number in vector) json.WriteNumberValue(number);
        json.WriteEndArray();
    });

    private static void Write(CommandConsole console, float[][] rows) => JsonLines.Write(console.Output, json =>
    {
        json.WriteStartArray("hidden_states");
        foreach (var row in rows)
        {
            json.WriteStartArray();
            foreach (var number in row) json.WriteNumberValue(number);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    });
}
