using System.Globalization;

namespace Gemma.Runtime.Models;

/// <summary>
/// What transformers' generate() refuses, this refuses, before anything is computed. What depends on prompt or vocabulary is checked where these are known.
/// </summary>
internal static class GenerationConfigValidator
{
    public static void Validate(GenerationConfig config)
    {
        CheckNumbers(config);
        CheckCounts(config);
        CheckTokens(config);
        if (config.DoSample == true) CheckSampling(config);
    }

    private static void CheckNumbers(GenerationConfig config)
    {
        Finite("temperature", config.Temperature);
        Finite("top_p", config.TopP);
        Finite("min_p", config.MinP);
        Finite("top_h", config.TopH);
        Finite("typical_p", config.TypicalP);
        Finite("epsilon_cutoff", config.EpsilonCutoff);
        Finite("eta_cutoff", config.EtaCutoff);
        Finite("presence_penalty", config.PresencePenalty);
        Finite("frequency_penalty", config.FrequencyPenalty);
        Finite("length_penalty", config.LengthPenalty);
        Finite("exponential_decay_length_penalty", config.ExponentialDecayLengthPenalty?.Factor);
        Positive("repetition_penalty", config.RepetitionPenalty);
        Positive("encoder_repetition_penalty", config.EncoderRepetitionPenalty);
    }

    private static void CheckCounts(GenerationConfig config)
    {
        if (config.MaxNewTokens <= 0) throw Error("max_new_tokens", $"{config.MaxNewTokens} is not above 0");
        if (config.MaxLength <= 0) throw Error("max_length", $"{config.MaxLength} is not above 0");
        if (config.NumBeams < 1) throw Error("num_beams", $"{config.NumBeams} is not at least 1");
        if (config.NumReturnSequences < 1) throw Error("num_return_sequences", $"{config.NumReturnSequences} is not at least 1");
        if (!(config.NumReturnSequences > 1)) return;
        if (config.NumBeams is null or 1)
        {
            if (config.DoSample != true)
                throw Error("num_return_sequences", $"{config.NumReturnSequences} sequences need num_beams or do_sample; greedy search gives one");
        }
        else if (config.NumReturnSequences > config.NumBeams)
        {
            throw Error("num_return_sequences", $"{config.NumReturnSequences} is more than num_beams, {config.NumBeams}");
        }
    }

    private static void CheckTokens(GenerationConfig config)
    {
        if (config.BadWordsIds is { } words)
        {
            if (words.Count == 0) throw Error("bad_words_ids", "the list is empty; leave the option out");
            if (words.Any(word => word.Count == 0 || word.Any(id => id < 0)))
                throw Error("bad_words_ids", "each word is a list of at least one token id, none negative");
        }

        if (config.SequenceBias is { } biases)
        {
            if (biases.Count == 0) throw Error("sequence_bias", "the list is empty; leave the option out");
            if (biases.Any(bias => bias.TokenIds.Count == 0 || bias.TokenIds.Any(id => id < 0)))
                throw Error("sequence_bias", "each sequence has at least one token id, none negative");
            foreach (var bias in biases) Finite("sequence_bias", bias.Bias);
        }

        if (config.ForcedEosTokenId is { } forced && (forced.Count == 0 || forced.Any(id => id < 0)))
            throw Error("forced_eos_token_id", "a token id is expected, or a list of them, none negative");
        if (config.StopStrings is { } stops && (stops.Count == 0 || stops.Any(string.IsNullOrEmpty)))
            throw Error("stop_strings", "the list or one of its texts is empty; leave the option out");
    }

    private static void CheckSampling(GenerationConfig config)
    {
        if (config.Temperature == 0) throw Error("temperature", "0 divides by zero; set do_sample to false for greedy decoding");
        Positive("temperature", config.Temperature);
        if (config.TopK < 0) throw Error("top_k", $"{config.TopK} is negative; 0 keeps all tokens");
        if (config.TopP < 0) throw Error("top_p", $"{Show(config.TopP)} is not between 0 and 1");
        if (config.MinP is < 0 or > 1) throw Error("min_p", $"{Show(config.MinP)} is not between 0 and 1");
        if (config.TopH is <= 0 or > 1) throw Error("top_h", $"{Show(config.TopH)} is not above 0 and at most 1");
        Positive("typical_p", config.TypicalP);
    }

    private static void Finite(string option, double? value)
    {
        if (value is { } number && !double.IsFinite(number)) throw Error(option, $"{Show(number)} is not a finite number");
    }

    private static void Positive(string option, double? value)
    {
        if (value is { } number && !(number > 0 && double.IsFinite(number))) throw Error(option, $"{Show(number)} is not a number above 0");
    }

    private static string Show(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "null";

    private static InvalidGenerationConfigException Error(string option, string problem) => new(option, problem);
}
