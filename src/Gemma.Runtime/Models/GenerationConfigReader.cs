using System.Collections.Frozen;
using System.Text.Json;

namespace Gemma.Runtime.Models;

/// <summary>Reads <see cref="GenerationConfig"/> from JSON; errors name the key.</summary>
internal static class GenerationConfigReader
{
    private static readonly FrozenDictionary<string, Func<GenerationConfig, JsonOption, GenerationConfig>> Options =
        new Dictionary<string, Func<GenerationConfig, JsonOption, GenerationConfig>>
        {
            ["do_sample"] = static (config, value) => config with { DoSample = value.Flag() },
            ["temperature"] = static (config, value) => config with { Temperature = value.Number() },
            ["top_k"] = static (config, value) => config with { TopK = value.Int() },
            ["top_p"] = static (config, value) => config with { TopP = value.Number() },
            ["min_p"] = static (config, value) => config with { MinP = value.Number() },
            ["top_h"] = static (config, value) => config with { TopH = value.Number() },
            ["typical_p"] = static (config, value) => config with { TypicalP = value.Number() },
            ["epsilon_cutoff"] = static (config, value) => config with { EpsilonCutoff = value.Number() },
            ["eta_cutoff"] = static (config, value) => config with { EtaCutoff = value.Number() },
            ["repetition_penalty"] = static (config, value) => config with { RepetitionPenalty = value.Number() },
            ["encoder_repetition_penalty"] = static (config, value) => config with { EncoderRepetitionPenalty = value.Number() },
            ["presence_penalty"] = static (config, value) => config with { PresencePenalty = value.Number() },
            ["frequency_penalty"] = static (config, value) => config with { FrequencyPenalty = value.Number() },
            ["no_repeat_ngram_size"] = static (config, value) => config with { NoRepeatNgramSize = value.Int() },
            ["encoder_no_repeat_ngram_size"] = static (config, value) => config with { EncoderNoRepeatNgramSize = value.Int() },
            ["bad_words_ids"] = static (config, value) => config with { BadWordsIds = value.IdLists() },
            ["suppress_tokens"] = static (config, value) => config with { SuppressTokens = value.Ids() },
            ["begin_suppress_tokens"] = static (config, value) => config with { BeginSuppressTokens = value.Ids() },
            ["sequence_bias"] = static (config, value) => config with { SequenceBias = value.Biases() },
            ["min_length"] = static (config, value) => config with { MinLength = value.Int() },
            ["min_new_tokens"] = static (config, value) => config with { MinNewTokens = value.Int() },
            ["max_length"] = static (config, value) => config with { MaxLength = value.Int() },
            ["max_new_tokens"] = static (config, value) => config with { MaxNewTokens = value.Int() },
            ["forced_bos_token_id"] = static (config, value) => config with { ForcedBosTokenId = value.Int() },
            ["forced_eos_token_id"] = static (config, value) => config with { ForcedEosTokenId = value.IdOrIds() },
            ["exponential_decay_length_penalty"] = static (config, value) => config with { ExponentialDecayLengthPenalty = value.Decay() },
            ["remove_invalid_values"] = static (config, value) => config with { RemoveInvalidValues = value.Flag() },
            ["renormalize_logits"] = static (config, value) => config with { RenormalizeLogits = value.Flag() },
            ["num_beams"] = static (config, value) => config with { NumBeams = value.Int() },
            ["length_penalty"] = static (config, value) => config with { LengthPenalty = value.Number() },
            ["early_stopping"] = static (config, value) => config with { EarlyStopping = value.EarlyStopping() },
            ["num_return_sequences"] = static (config, value) => config with { NumReturnSequences = value.Int() },
            ["eos_token_id"] = static (config, value) => config with { EosTokenId = value.IdOrIds() },
            ["pad_token_id"] = static (config, value) => config with { PadTokenId = value.Int() },
            ["bos_token_id"] = static (config, value) => config with { BosTokenId = value.Int() },
            ["stop_strings"] = static (config, value) => config with { StopStrings = value.Texts() },
            ["seed"] = static (config, value) => config with { Seed = value.Long() },
        }.ToFrozenDictionary();

    // Features of generate() that change its result and that this library does not have, and the number that leaves each off, if there is one.
    private static readonly Dictionary<string, double?> Unsupported = new(StringComparer.Ordinal)
    {
        ["guidance_scale"] = 1,
        ["watermarking_config"] = null,
        ["penalty_alpha"] = 0,
        ["dola_layers"] = null,
        ["diversity_penalty"] = 0,
        ["force_words_ids"] = null,
        ["constraints"] = null,
        ["max_time"] = null,
        ["prompt_lookup_num_tokens"] = 0,
        ["assistant_early_exit"] = 0,
        ["num_beam_groups"] = 1,
        ["token_healing"] = null,
    };

    private static readonly string[] WithoutEffect =
    [
        "use_cache", "cache_implementation", "cache_config", "return_dict_in_generate", "output_scores", "output_logits", "output_attentions",
        "output_hidden_states", "return_legacy_cache", "transformers_version", "_from_model_config", "low_memory", "disable_compile",
        "compile_config", "trust_remote_code", "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold",
        "assistant_lookbehind", "target_lookbehind", "decoder_start_token_id", "prefill_chunk_size", "max_matching_ngram_size",
    ];

    /// <summary>Whether a key is one of the options.</summary>
    public static bool Knows(string key) => Options.ContainsKey(key);

    public static GenerationConfig Read(JsonElement element, bool ignoreUnknown)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new InvalidGenerationConfigException("options", "a JSON object is expected");
        var config = new GenerationConfig();
        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null) continue;
            config = Set(config, property.Name, new JsonOption(property.Name, property.Value), ignoreUnknown);
        }

        return config;
    }

    /// <summary>The options of a file that would change what transformers generates, but not what this library does.</summary>
    public static IEnumerable<string> FindUnsupported(JsonElement element) => element.EnumerateObject()
        .Where(property => property.Value.ValueKind != JsonValueKind.Null && Unsupported.TryGetValue(property.Name, out var neutral)
            && !new JsonOption(property.Name, property.Value).IsOff(neutral))
        .Select(property => property.Name);

    private static GenerationConfig Set(GenerationConfig config, string key, JsonOption value, bool ignoreUnknown) =>
        Options.TryGetValue(key, out var set) ? set(config, value) : CheckOther(config, key, value, ignoreUnknown);

    private static GenerationConfig CheckOther(GenerationConfig config, string key, JsonOption value, bool ignoreUnknown)
    {
        if (ignoreUnknown || WithoutEffect.Contains(key)) return config;
        if (!Unsupported.TryGetValue(key, out var neutral))
            throw new InvalidGenerationConfigException(key, "the option is unknown; options have the names of transformers' generation_config.json");
        return value.IsOff(neutral)
            ? config
            : throw new InvalidGenerationConfigException(key, "this part of transformers' generate() is not supported; leave the option out");
    }
}
