using System.Globalization;
using System.Text.Json;
using Gemma.Runtime.Models;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>What chat and text completions share: how tokens are chosen and where the text ends. What is absent counts from the model's own defaults.</summary>
internal sealed record Sampling
{
    private const int MaxStops = 16;
    private const int MaxStopLength = 256;

    public float? Temperature { get; private init; }

    public float? TopP { get; private init; }

    public int? TopK { get; private init; }

    public float? MinP { get; private init; }

    public float? RepetitionPenalty { get; private init; }

    public float? FrequencyPenalty { get; private init; }

    public float? PresencePenalty { get; private init; }

    public long? Seed { get; private init; }

    public IReadOnlyList<string> Stops { get; private init; } = [];

    /// <summary>What is added to the scores of tokens, by their ids.</summary>
    public JsonElement? LogitBias { get; private init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="body">The object that has them.</param>
    /// <param name="repetitionPenalty">What the repetition penalty is called there.</param>
    public static Sampling Read(BodyObject body, string repetitionPenalty = "repetition_penalty") => new()
    {
        Temperature = body.Number("temperature", 0, 2),
        TopP = body.Number("top_p", 0, 1) is { } topP ? Math.Max(topP, float.Epsilon) : null,
        TopK = body.Integer("top_k", -1, 1 << 20) is { } topK and > 0 ? topK : null,
        MinP = body.Number("min_p", 0, 1),
        RepetitionPenalty = body.Number(repetitionPenalty, 0.01, 10),
        FrequencyPenalty = body.Number("frequency_penalty", -2, 2),
        PresencePenalty = body.Number("presence_penalty", -2, 2),
        Seed = body.Long("seed"),
        Stops = ReadStops(body),
        LogitBias = ReadLogitBias(body),
    };

    public void ApplyTo(ChatOptions options)
    {
        options.Temperature = Temperature;
        options.TopP = TopP;
        options.TopK = TopK;
        options.FrequencyPenalty = FrequencyPenalty;
        options.PresencePenalty = PresencePenalty;
        options.Seed = Seed;
        if (Stops.Count > 0) options.StopSequences = [.. Stops];
        if (LogitBias is { } bias) (options.AdditionalProperties ??= [])["logit_bias"] = bias;
        if (MinP is { } minP) (options.AdditionalProperties ??= [])["min_p"] = minP;
        if (RepetitionPenalty is { } penalty) (options.AdditionalProperties ??= [])["repetition_penalty"] = penalty;
    }

    /// <summary>The same for a raw prompt. A temperature decides between sampling and the most likely token; the other settings alone do not.</summary>
    public GenerationConfig ToConfig() => GenerationConfig.OfTemperature(Temperature) with
    {
        TopP = TopP,
        TopK = TopK,
        MinP = MinP,
        RepetitionPenalty = RepetitionPenalty,
        FrequencyPenalty = FrequencyPenalty,
        PresencePenalty = PresencePenalty,
        Seed = Seed,
        StopStrings = Stops.Count > 0 ? Stops : null,
        SequenceBias = LogitBias is { } bias
            ? [.. bias.EnumerateObject().Select(entry => new SequenceBias([int.Parse(entry.Name, CultureInfo.InvariantCulture)], entry.Value.GetSingle()))]
            : null,
    };

    private static JsonElement? ReadLogitBias(BodyObject body)
    {
        if (body.Object("logit_bias") is not { } map) return null;
        foreach (var member in map.Element.EnumerateObject())
        {
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                throw ApiException.Invalid("logit_bias", $"'logit_bias' has the key '{member.Name}', which is no token id.");
            if (map.Number(member.Name, -100, 100) is null) throw map.Wrong(member.Name, "a number");
        }

        return map.Element.EnumerateObject().Any() ? map.Element.Clone() : null;
    }

    private static IReadOnlyList<string> ReadStops(BodyObject body)
    {
        var stops = body.Texts("stop") ?? [];
        if (stops.Count > MaxStops) throw ApiException.Invalid("stop", $"'stop' has {stops.Count} texts, but at most {MaxStops} are allowed.");
        foreach (var stop in stops)
        {
            if (stop.Length is 0 or > MaxStopLength)
                throw ApiException.Invalid("stop", $"A text of 'stop' has {stop.Length} characters, but must have 1 to {MaxStopLength}.");
        }

        return stops;
    }
}
