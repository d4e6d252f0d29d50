using System.Globalization;
using System.Text.Json;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Chat;

/// <summary>The properties that OpenAI's chat requests have and <c>generation_config.json</c> spells otherwise.</summary>
internal static class OpenAIProperties
{
    /// <summary>Whether a key is one of them.</summary>
    public static bool Knows(string key) => key is "logprobs" or "top_logprobs" or "logit_bias" or "n";

    /// <summary>Adds <c>logit_bias</c> (what is added to the scores of single tokens, by their ids) and <c>n</c> (the answers) to settings.</summary>
    /// <exception cref="InvalidGenerationConfigException">A value is malformed.</exception>
    public static GenerationConfig Apply(GenerationConfig config, JsonElement properties)
    {
        if (Find(properties, "n") is { } answers) config = config with { NumReturnSequences = new JsonOption("n", answers).Int() };
        if (Find(properties, "logit_bias") is not { } bias) return config;
        if (bias.ValueKind != JsonValueKind.Object)
            throw new InvalidGenerationConfigException("logit_bias", "an object of token ids and numbers is expected, such as {\"50\": -100}");
        SequenceBias[] biases = [.. bias.EnumerateObject()
            .Select(entry => new SequenceBias([TokenId(entry.Name)], new JsonOption("logit_bias", entry.Value).Number()))];
        return biases.Length == 0 ? config : config with { SequenceBias = [.. config.SequenceBias ?? [], .. biases] };
    }

    /// <summary>How many alternatives <c>logprobs</c> and <c>top_logprobs</c> ask for, or null: no log-probabilities.</summary>
    /// <exception cref="InvalidGenerationConfigException">A value is malformed.</exception>
    public static int? Alternatives(JsonElement properties)
    {
        if (Find(properties, "logprobs") is { } asked && !new JsonOption("logprobs", asked).Flag())
        {
            if (Find(properties, "top_logprobs") is not null)
                throw new InvalidGenerationConfigException("top_logprobs", "logprobs is false; set it to true or leave top_logprobs out");
            return null;
        }

        if (Find(properties, "top_logprobs") is not { } top) return Find(properties, "logprobs") is null ? null : 0;
        var count = new JsonOption("top_logprobs", top).Int();
        return count >= 0
            ? count
            : throw new InvalidGenerationConfigException("top_logprobs", $"{count} is negative; give how many of the most likely tokens to report");
    }

    private static JsonElement? Find(JsonElement properties, string key) =>
        properties.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static int TokenId(string key) => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
        ? id
        : throw new InvalidGenerationConfigException("logit_bias", $"'{key}' is not a token id");
}
