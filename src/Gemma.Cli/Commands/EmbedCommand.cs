using System.CommandLine;
using Gemma.Cli.Classification;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Inputs;
using Gemma.Tokenization;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma embed</c>: vectors of texts or ids, or the hidden states of every token.</summary>
internal static class EmbedCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command("embed", "Makes vectors of texts: JSON Lines on standard input, with text or ids.");
        var model = new ModelSymbols(command);
        var layer = new Option<string>("--layer") { Description = "Which layer's states: last.", DefaultValueFactory = _ => "last" };
        var vectors = new EmbeddingSymbols(command);
        var states = new Option<bool>("--hidden-states") { Description = "The last layer's state of every token instead of one vector." };
        var json = new Option<bool>("--json") { Description = "JSON Lines; the only format." };
        foreach (var option in (Option[])[layer, states, json]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(layer) != "last")
                throw new UsageException($"--layer {parsed.GetValue(layer)}: only the last layer's states are in the graph; use --layer last.");
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken);
            var lines = new LineQueue();
            var inputs = lines.InputsAsync(JsonLines.ReadAsync(console.Input, LineKeys.Embed, cancellationToken), cancellationToken);
            var progress = new TextProgress(console.Error);
            if (parsed.GetValue(states))
            {
                await foreach (var (_, rows) in lines.JoinAsync(ReadStatesAsync(loaded, inputs, vectors.Truncate(parsed), cancellationToken),
                    cancellationToken))
                {
                    Write(console, rows);
                    progress.Add();
                }

                return;
            }

            var generator = vectors.CreateGenerator(parsed, loaded);
            await foreach (var (_, result) in lines.JoinAsync(generator.ReadAsync(inputs, vectors.Options(parsed), cancellationToken), cancellationToken))
            {
                Write(console, result.Vector);
                progress.Add();
            }
        });
        return command;
    }

    private static IAsyncEnumerable<float[][]> ReadStatesAsync(GemmaModel model, IAsyncEnumerable<ClassificationInput> inputs, bool truncate,
        CancellationToken cancellationToken)
    {
        var encoder = new InputEncoder(model, new InputLimits(null, truncate ? TokenizerSide.Right : null, RecognizeControlTokens: false));
        return new TextStream(model, RequestOperation.Embeddings, 0, null)
            .RunAsync(inputs, (input, index, leaving) => new HiddenStatesReading(encoder.Encode(input, index).Ids, model.Engine.HiddenSize, leaving),
                cancellationToken);
    }

    private static void Write(CommandConsole console, float[] vector) => JsonLines.Write(console.Output, json => EmbeddingSymbols.Write(json, vector));

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
