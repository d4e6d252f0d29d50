using System.Text.Json;
using Gemma.Json;

namespace Gemma.Runtime.Models;

/// <summary>How text is generated: the options of transformers' generate(), with its names, meanings and defaults, and a seed. Null is "not set".</summary>
/// <remarks>Immutable. Lists are compared by reference. Source: transformers, <c>generation/configuration_utils.py</c>.</remarks>
public sealed record GenerationConfig
{
    /// <summary>
    /// Whether to draw tokens at random (<c>do_sample</c>); otherwise the best is taken and temperature, top_k and the other truncations have no effect.
    /// </summary>
    /// <value>Default false.</value>
    public bool? DoSample { get; init; }

    /// <summary>Divides the scores (<c>temperature</c>).</summary>
    /// <value>Above 0; default 1.</value>
    public double? Temperature { get; init; }

    /// <summary>How many of the best tokens stay eligible (<c>top_k</c>).</summary>
    /// <value>0 or more, 0 is all; default 50.</value>
    public int? TopK { get; init; }

    /// <summary>The probability mass of the best tokens that stay eligible (<c>top_p</c>).</summary>
    /// <value>0 to 1; default 1, which is all.</value>
    public double? TopP { get; init; }

    /// <summary>The least probability of an eligible token, as a share of the best one's (<c>min_p</c>).</summary>
    /// <value>0 to 1; default none.</value>
    public double? MinP { get; init; }

    /// <summary>The share of the distribution's entropy that the eligible tokens may have (<c>top_h</c>).</summary>
    /// <value>Above 0, at most 1; default none.</value>
    public double? TopH { get; init; }

    /// <summary>The probability mass of the most typical tokens that stay eligible (<c>typical_p</c>).</summary>
    /// <value>Above 0; default 1, which is all.</value>
    public double? TypicalP { get; init; }

    /// <summary>The least probability of an eligible token (<c>epsilon_cutoff</c>).</summary>
    /// <value>Between 0 and 1, else it is off; default 0.</value>
    public double? EpsilonCutoff { get; init; }

    /// <summary>The least probability of an eligible token, lower where the distribution is flat (<c>eta_cutoff</c>).</summary>
    /// <value>Between 0 and 1, else it is off; default 0.</value>
    public double? EtaCutoff { get; init; }

    /// <summary>Penalises every token that occurs in prompt or output (<c>repetition_penalty</c>).</summary>
    /// <value>Above 0; default 1, which is none.</value>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Favours the prompt's tokens (<c>encoder_repetition_penalty</c>).</summary>
    /// <value>Above 0; default 1, which is off.</value>
    public double? EncoderRepetitionPenalty { get; init; }

    /// <summary>Subtracted once from the score of every token that was generated (OpenAI's <c>presence_penalty</c>).</summary>
    /// <value>Default 0.</value>
    public double? PresencePenalty { get; init; }

    /// <summary>Subtracted from the score of a token for each time it was generated (OpenAI's <c>frequency_penalty</c>).</summary>
    /// <value>Default 0.</value>
    public double? FrequencyPenalty { get; init; }

    /// <summary>Length of token sequences that may occur only once (<c>no_repeat_ngram_size</c>).</summary>
    /// <value>Default 0, which is off.</value>
    public int? NoRepeatNgramSize { get; init; }

    /// <summary>Length of token sequences of the prompt that may not be repeated (<c>encoder_no_repeat_ngram_size</c>).</summary>
    /// <value>Default 0, which is off.</value>
    public int? EncoderNoRepeatNgramSize { get; init; }

    /// <summary>Token sequences that may not be generated (<c>bad_words_ids</c>).</summary>
    /// <value>Not empty; default none.</value>
    public IReadOnlyList<IReadOnlyList<int>>? BadWordsIds { get; init; }

    /// <summary>Tokens that may not be generated (<c>suppress_tokens</c>).</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<int>? SuppressTokens { get; init; }

    /// <summary>Tokens that may not be generated first (<c>begin_suppress_tokens</c>).</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<int>? BeginSuppressTokens { get; init; }

    /// <summary>Biases of token sequences (<c>sequence_bias</c>).</summary>
    /// <value>Not empty; default none.</value>
    public IReadOnlyList<SequenceBias>? SequenceBias { get; init; }

    /// <summary>Tokens of prompt and output before which no stop token is generated (<c>min_length</c>).</summary>
    /// <value>Default 0.</value>
    public int? MinLength { get; init; }

    /// <summary>New tokens before which no stop token is generated (<c>min_new_tokens</c>).</summary>
    /// <value>Default none.</value>
    public int? MinNewTokens { get; init; }

    /// <summary>The most tokens of prompt and output (<c>max_length</c>).</summary>
    /// <value>Above the prompt's tokens; default: <see cref="MaxNewTokens"/> decides.</value>
    public int? MaxLength { get; init; }

    /// <summary>The most new tokens (<c>max_new_tokens</c>); wins over <see cref="MaxLength"/>.</summary>
    /// <value>Above 0; default 20, cut at the model's trained length, if neither is set.</value>
    public int? MaxNewTokens { get; init; }

    /// <summary>The token to generate first after a prompt of one token (<c>forced_bos_token_id</c>).</summary>
    /// <value>Default none.</value>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>The tokens of which one is generated when the greatest length is reached (<c>forced_eos_token_id</c>).</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<int>? ForcedEosTokenId { get; init; }

    /// <summary>Makes stop tokens ever more likely after some length (<c>exponential_decay_length_penalty</c>).</summary>
    /// <value>Default none.</value>
    public LengthDecay? ExponentialDecayLengthPenalty { get; init; }

    /// <summary>Whether scores that are no numbers are replaced (<c>remove_invalid_values</c>).</summary>
    /// <value>Default false.</value>
    public bool? RemoveInvalidValues { get; init; }

    /// <summary>Whether the scores become log-probabilities after all processors (<c>renormalize_logits</c>).</summary>
    /// <value>Default false.</value>
    public bool? RenormalizeLogits { get; init; }

    /// <summary>Beams of the search (<c>num_beams</c>).</summary>
    /// <value>1 or more; default 1, which is no beam search.</value>
    public int? NumBeams { get; init; }

    /// <summary>Exponent of the length by which a beam's score is divided (<c>length_penalty</c>); above 0 favours longer texts.</summary>
    /// <value>Default 1.</value>
    public double? LengthPenalty { get; init; }

    /// <summary>When beam search stops (<c>early_stopping</c>).</summary>
    /// <value>Default <see cref="Models.EarlyStopping.Heuristic"/>.</value>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>How many sequences are returned per prompt (<c>num_return_sequences</c>).</summary>
    /// <value>1 or more, at most <see cref="NumBeams"/> in beam search; more than 1 needs beams or sampling; default 1.</value>
    public int? NumReturnSequences { get; init; }

    /// <summary>The tokens that end the output (<c>eos_token_id</c>).</summary>
    /// <value>Default none.</value>
    public IReadOnlyList<int>? EosTokenId { get; init; }

    /// <summary>The token that fills finished rows (<c>pad_token_id</c>).</summary>
    /// <value>Default none: the first stop token.</value>
    public int? PadTokenId { get; init; }

    /// <summary>The token that begins a text (<c>bos_token_id</c>).</summary>
    /// <value>Default none.</value>
    public int? BosTokenId { get; init; }

    /// <summary>Texts that end the output (<c>stop_strings</c>).</summary>
    /// <value>Not empty; default none.</value>
    public IReadOnlyList<string>? StopStrings { get; init; }

    /// <summary>Starts the random numbers (<c>seed</c>): the same seed and request give the same text.</summary>
    /// <value>Default: another one for every request.</value>
    public long? Seed { get; init; }

    /// <summary>What a temperature alone means to chat clients: it decides between sampling and the most likely token; top_k and top_p do not.</summary>
    /// <param name="temperature">The temperature, 0 for the most likely token, null for the model's own choice.</param>
    internal static GenerationConfig OfTemperature(float? temperature) => new()
    {
        DoSample = temperature is { } given ? given != 0 : null,
        Temperature = temperature is 0 ? null : temperature,
    };

    /// <summary>Reads a <c>generation_config.json</c>. Keys that do not concern generation are ignored.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidModelException">The file is missing or malformed.</exception>
    public static GenerationConfig Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var document = JsonSection.Load(path);
        try
        {
            return GenerationConfigReader.Read(document.RootElement, ignoreUnknown: true);
        }
        catch (InvalidGenerationConfigException e)
        {
            throw new InvalidModelException(path, e.Option, e.Problem ?? e.Message, e);
        }
    }

    /// <summary>Reads a request's options: a JSON object with the keys of <c>generation_config.json</c>.</summary>
    /// <param name="options">The object.</param>
    /// <exception cref="InvalidGenerationConfigException">A key is unknown or its value malformed.</exception>
    public static GenerationConfig Parse(JsonElement options)
    {
        try
        {
            WellFormedJson.Check(options);
        }
        catch (JsonException e)
        {
            throw new InvalidGenerationConfigException("options", e.Message);
        }

        return GenerationConfigReader.Read(options, ignoreUnknown: false);
    }

    /// <summary>These options, with those that <paramref name="overrides"/> sets replaced.</summary>
    public GenerationConfig Merge(GenerationConfig overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        return GenerationConfigMerger.Merge(this, overrides);
    }

    /// <summary>Checks the options that are set, as generate() does: those that have no effect in a request may have any value that is a number.</summary>
    /// <exception cref="InvalidGenerationConfigException">A value is out of range or contradicts another.</exception>
    public void Validate() => GenerationConfigValidator.Validate(this);
}
