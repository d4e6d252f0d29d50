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
            var progress = new TextProgress(console.Error);
            if (parsed.GetValue(states))
            {
                var read = StatesReader(loaded, vectors.Truncate(parsed));
                await RunAsync(read, rows => Write(console, rows));
                return;
            }

            var (generator, options) = (vectors.CreateGenerator(parsed, loaded), vectors.Options(parsed));
            await RunAsync((input, leaving) => generator.ReadAsync(input, options, leaving), result => Write(console, result.Vector));

            Task RunAsync<T>(Func<IAsyncEnumerable<ClassificationInput>, CancellationToken, IAsyncEnumerable<T>> read, Action<T> write) =>
                OrderedBatch.RunAsync(
                    JsonLines.ReadAsync(console.Input, LineKeys.Embed, cancellationToken),
                    (line, leaving) => read(new[] { ClassificationLine.Parse(line) }.ToAsyncEnumerable(), leaving).SingleAsync(leaving).AsTask(),
                    result =>
                    {
                        write(result);
                        progress.Add();
                    },
                    cancellationToken);
        });
        return command;
    }

    private static Func<IAsyncEnumerable<ClassificationInput>, CancellationToken, IAsyncEnumerable<float[][]>> StatesReader(GemmaModel model, bool truncate)
    {
        var encoder = new InputEncoder(model, new InputLimits(null, truncate ? TokenizerSide.Right : null, RecognizeControlTokens: false));
        var stream = new TextStream(model, RequestOperation.Embeddings, 0, null);
        return (inputs, cancellationToken) => stream.RunAsync(inputs,
            (input, index, leaving) => new HiddenStatesReading(encoder.Encode(input, index).Ids, model.Engine.HiddenSize, leaving), cancellationToken);
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
