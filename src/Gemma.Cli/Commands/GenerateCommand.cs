using System.CommandLine;
using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma generate</c>: continues prompts, many at the same time.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command("generate", "Continues prompts as transformers' generate() does; greedy unless told to sample.");
        var model = new ModelSymbols(command);
        var input = new InputSymbols(command, "prompt", LineKeys.Generate);
        var generation = new GenerationSymbols(command);
        var logProbabilities = new Option<int?>("--log-probs") { Description = "Report each new token's log-probability, and so many of the most likely tokens beside it." };
        var controlTokens = new Option<bool>("--recognize-control-tokens") { Description = "Read control tokens in a raw prompt as such where the line does not say (\"recognize_control_tokens\"); else they are plain text." };
        command.Add(logProbabilities);
        command.Add(controlTokens);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var defaults = new GenerationRequest { Config = generation.Read(parsed), Alternatives = parsed.GetValue(logProbabilities) };
            await using var loaded = await model.LoadAsync(parsed, console, cancellationToken, beyondTraining: true);
            var warning = new ControlTextWarning(loaded.Tokenizer, console.Error, parsed.GetValue(controlTokens));
            await OrderedBatch.RunAsync(
                input.ReadAsync(parsed, console, cancellationToken),
                (line, stopping) => RunAsync(loaded, line, defaults, warning, stopping),
                result => Write(console, loaded, result, input.Json(parsed)),
                cancellationToken);
        });
        return command;
    }

    public static async Task<Result> RunAsync(GemmaModel model, JsonLine line, GenerationRequest defaults, ControlTextWarning warning, CancellationToken cancellationToken)
    {
        var config = line.Find("options") is { } options ? defaults.Config!.Merge(GenerationConfig.Parse(options)) : defaults.Config!;
        if (line.Find("messages") is not null && config.EosTokenId is null) config = config with { EosTokenId = ChatStops(model) };
        if (line.Find("prefix") is not null && config.EosTokenId is null && model.Tokenizer is { } tokenizer) config = config with { EosTokenId = [.. ChatStops(model), .. FillInMiddle.StopTokenIds(tokenizer)] };
        warning.Check(line, "prompt");
        var prompt = LineTokens.Read(line, model, "prompt", warning.RecognizesControlTokens);
        var request = defaults with { Config = config, LeftPadding = LeftPadding(line, prompt) };
        return new Result(prompt.Length - request.LeftPadding, await model.GenerateSequencesAsync(prompt, request, cancellationToken));
    }

    // A reply also ends where the turn does, which generation_config.json of the first models does not say.
    private static int[] ChatStops(GemmaModel model) => [.. (model.GenerationDefaults.EosTokenId ?? []).Union(model.Package.EosTokenIds)];

    private static int LeftPadding(JsonLine line, int[] prompt)
    {
        if (line.Ids("attention_mask") is not { } mask) return 0;
        var padding = mask.TakeWhile(value => value == 0).Count();
        return mask.Length == prompt.Length && padding < mask.Length && mask.Skip(padding).All(value => value == 1)
            ? padding
            : throw line.Error("attention_mask", "a 0 for each token that fills the row on its left, then a 1 for each other one is expected");
    }

    private static void Write(CommandConsole console, GemmaModel model, Result result, bool asJson)
    {
        if (asJson) JsonLines.Write(console.Output, json => Write(json, model, result));
        else foreach (var sequence in result.Sequences) console.Output.WriteLine(Text(model, sequence) ?? string.Join(' ', sequence.Ids));
        console.Output.Flush();
    }

    public static void Write(Utf8JsonWriter json, GemmaModel model, Result result)
    {
        WriteSequence(json, model, result.Sequences[0]);
        if (result.Sequences.Count > 1)
        {
            json.WriteStartArray("sequences");
            foreach (var sequence in result.Sequences)
            {
                json.WriteStartObject();
                WriteSequence(json, model, sequence);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        var generated = result.Sequences.Sum(sequence => sequence.Ids.Count);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", result.PromptTokens);
        json.WriteNumber("completion_tokens", generated);
        json.WriteNumber("total_tokens", result.PromptTokens + generated);
        json.WriteEndObject();
    }

    private static void WriteSequence(Utf8JsonWriter json, GemmaModel model, GeneratedSequence sequence)
    {
        json.WriteIds("ids", sequence.Ids);
        if (Text(model, sequence) is { } text) json.WriteString("text", text);
        else json.WriteNull("text");
        json.WriteString("finish_reason", sequence.FinishReason.ToName());
        if (sequence.Score is { } score)
        {
            json.WritePropertyName("score");
            json.WriteFloat(score);
        }

        if (sequence.Choices.Count > 0) WriteChoices(json, sequence.Choices);
    }

    private static void WriteChoices(Utf8JsonWriter json, IReadOnlyList<TokenChoice> choices)
    {
        json.WriteStartArray("log_probs");
        foreach (var choice in choices) json.WriteFloat(choice.LogProbability);
        json.WriteEndArray();
        json.WriteStartArray("top_log_probs");
        foreach (var choice in choices)
        {
            json.WriteStartArray();
            foreach (var (id, logProbability) in choice.Alternatives)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WritePropertyName("log_prob");
                json.WriteFloat(logProbability);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static string? Text(GemmaModel model, GeneratedSequence sequence) => model.Tokenizer?.Decode([.. sequence.Ids], skipSpecialTokens: true);

    public sealed record Result(int PromptTokens, IReadOnlyList<GeneratedSequence> Sequences);
}
