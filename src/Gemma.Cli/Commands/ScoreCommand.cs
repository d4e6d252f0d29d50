using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Scoring;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma score</c>: log-probabilities and perplexity of texts.</summary>
internal static class ScoreCommand
{
    private const int DefaultTop = 5;

    public static Command Create(CommandConsole console)
    {
        var command = new Command("score", "Computes how likely a model finds texts.");
        var model = new ModelSymbols(command);
        var input = new InputSymbols(command, "text", LineKeys.Score);
        var top = new Option<int>("--top") { Description = "How many of the best next tokens to report.", DefaultValueFactory = _ => DefaultTop };
        command.Add(top);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var count = parsed.GetValue(top);
            if (count < 0) throw new UsageException($"--top: {count} is negative.");
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken, beyondTraining: true);
            await OrderedBatch.RunAsync(
                input.ReadAsync(parsed, console, cancellationToken),
                (line, stopping) =>
                    loaded.ScoreAsync(LineTokens.Read(line, loaded, "text", recognizeControlTokens: true), new ScoringRequest { Top = count }, stopping),
                score => Write(console, score, input.Json(parsed)),
                cancellationToken);
        });
        return command;
    }

    private static void Write(CommandConsole console, TextScore score, bool asJson)
    {
        if (asJson) JsonLines.Write(console.Output, json => Write(json, score));
        else console.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"perplexity {score.Perplexity:G6} over {score.Ids.Count} tokens"));
        console.Output.Flush();
    }

    private static void Write(Utf8JsonWriter json, TextScore score)
    {
        json.WriteIds("ids", score.Ids);
        json.WriteStartArray("log_probs");
        foreach (var value in score.LogProbabilities)
        {
            if (value is { } number) json.WriteFloat(number);
            else json.WriteNullValue();
        }

        json.WriteEndArray();
        json.WriteDouble("perplexity", score.Perplexity);
        json.WriteStartArray("last_top");
        foreach (var (id, logit) in score.LastTop)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WritePropertyName("logit");
            json.WriteFloat(logit);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
