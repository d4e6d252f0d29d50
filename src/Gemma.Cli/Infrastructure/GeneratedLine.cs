using System.Text.Json;
using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;

namespace Gemma.Cli.Infrastructure;

/// <summary>What a model made of a line.</summary>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="Sequences">The sequences, best first.</param>
internal sealed record GeneratedLine(int PromptTokens, IReadOnlyList<GeneratedSequence> Sequences)
{
    /// <summary>Generates what a line asks for.</summary>
    public static async Task<GeneratedLine> RunAsync(GemmaModel model, JsonLine line, GenerationRequest defaults, ControlTextWarning warning,
        CancellationToken cancellationToken)
    {
        var config = line.Find("options") is { } options ? defaults.Config!.Merge(GenerationConfig.Parse(options)) : defaults.Config!;
        if (line.Find("messages") is not null && config.EosTokenId is null) config = config with { EosTokenId = ChatStops(model) };
        if (line.Find("prefix") is not null && config.EosTokenId is null && model.Tokenizer is { } tokenizer)
            config = config with { EosTokenId = [.. ChatStops(model), .. FillInMiddle.StopTokenIds(tokenizer)] };
        warning.Check(line, "prompt");
        var prompt = LineTokens.Read(line, model, "prompt", warning.RecognizesControlTokens);
        var request = defaults with { Config = config, LeftPadding = LeftPadding(line, prompt) };
        return new GeneratedLine(prompt.Length - request.LeftPadding, await model.GenerateSequencesAsync(prompt, request, cancellationToken));
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

    /// <summary>Writes it as properties of an object that is open.</summary>
    public void Write(Utf8JsonWriter json, GemmaModel model)
    {
        WriteSequence(json, model, Sequences[0]);
        if (Sequences.Count > 1)
        {
            json.WriteStartArray("sequences");
            foreach (var sequence in Sequences)
            {
                json.WriteStartObject();
                WriteSequence(json, model, sequence);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        var generated = Sequences.Sum(sequence => sequence.Ids.Count);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", PromptTokens);
        json.WriteNumber("completion_tokens", generated);
        json.WriteNumber("total_tokens", PromptTokens + generated);
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

    /// <summary>A sequence's text, or null without a tokenizer.</summary>
    public static string? Text(GemmaModel model, GeneratedSequence sequence) => model.Tokenizer?.Decode([.. sequence.Ids], skipSpecialTokens: true);
}
