using System.Text.Json;
using Gemma.Runtime.Generation;

namespace Gemma.Runtime.Models;

/// <summary>Reads <see cref="GenerationConfig"/> from JSON; errors name the key.</summary>
internal static class GenerationConfigReader
{
    // Features of generate() that change its result and that this library does not have; their neutral values are accepted.
    private static readonly string[] s_unsupported =
    [
        "guidance_scale", "watermarking_config", "penalty_alpha", "dola_layers", "diversity_penalty", "force_words_ids", "constraints", "max_time",
        "prompt_lookup_num_tokens", "assistant_early_exit",
    ];

    private static readonly string[] s_withoutEffect =
    [
        "use_cache", "cache_implementation", "cache_config", "return_dict_in_generate", "output_scores", "output_logits", "output_attentions",
        "output_hidden_states", "return_legacy_cache", "transformers_version", "_from_model_config", "num_beam_groups", "low_memory", "disable_compile",
        "compile_config", "trust_remote_code", "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold",
        "assistant_lookbehind", "target_lookbehind", "decoder_start_token_id", "token_healing", "prefill_chunk_size", "max_matching_ngram_size",
    ];

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

    private static GenerationConfig Set(GenerationConfig config, string key, JsonOption value, bool ignoreUnknown) => key switch
    {
        "do_sample" => config with { DoSample = value.Flag() },
        "temperature" => config with { Temperature = value.Number() },
        "top_k" => config with { TopK = value.Int() },
        "top_p" => config with { TopP = value.Number() },
        "min_p" => config with { MinP = value.Number() },
        "top_h" => config with { TopH = value.Number() },
        "typical_p" => config with { TypicalP = value.Number() },
        "epsilon_cutoff" => config with { EpsilonCutoff = value.Number() },
        "eta_cutoff" => config with { EtaCutoff = value.Number() },
        "repetition_penalty" => config with { RepetitionPenalty = value.Number() },
        "encoder_repetition_penalty" => config with { EncoderRepetitionPenalty = value.Number() },
        "presence_penalty" => config with { PresencePenalty = value.Number() },
        "frequency_penalty" => config with { FrequencyPenalty = value.Number() },
        "no_repeat_ngram_size" => config with { NoRepeatNgramSize = value.Int() },
        "encoder_no_repeat_ngram_size" => config with { EncoderNoRepeatNgramSize = value.Int() },
        "bad_words_ids" => config with { BadWordsIds = value.IdLists() },
        "suppress_tokens" => config with { SuppressTokens = value.Ids() },
        "begin_suppress_tokens" => config with { BeginSuppressTokens = value.Ids() },
        "sequence_bias" => config with { SequenceBias = value.Biases() },
        "min_length" => config with { MinLength = value.Int() },
        "min_new_tokens" => config with { MinNewTokens = value.Int() },
        "max_length" => config with { MaxLength = value.Int() },
        "max_new_tokens" => config with { MaxNewTokens = value.Int() },
        "forced_bos_token_id" => config with { ForcedBosTokenId = value.Int() },
        "forced_eos_token_id" => config with { ForcedEosTokenId = value.IdOrIds() },
        "exponential_decay_length_penalty" => config with { ExponentialDecayLengthPenalty = value.Decay() },
        "remove_invalid_values" => config with { RemoveInvalidValues = value.Flag() },
        "renormalize_logits" => config with { RenormalizeLogits = value.Flag() },
        "num_beams" => config with { NumBeams = value.Int() },
        "length_penalty" => config with { LengthPenalty = value.Number() },
        "early_stopping" => config with { EarlyStopping = value.EarlyStopping() },
        "num_return_sequences" => config with { NumReturnSequences = value.Int() },
        "eos_token_id" => config with { EosTokenId = value.IdOrIds() },
        "pad_token_id" => config with { PadTokenId = value.Int() },
        "bos_token_id" => config with { BosTokenId = value.Int() },
        "stop_strings" => config with { StopStrings = value.Texts() },
        "seed" => config with { Seed = value.Long() },
        _ => CheckOther(config, key, value, ignoreUnknown),
    };

    private static GenerationConfig CheckOther(GenerationConfig config, string key, JsonOption value, bool ignoreUnknown)
    {
        if (ignoreUnknown || s_withoutEffect.Contains(key)) return config;
        if (!s_unsupported.Contains(key)) throw new InvalidGenerationConfigException(key, "the option is unknown; options have the names of transformers' generation_config.json");
        return value.IsNeutral ? config : throw new InvalidGenerationConfigException(key, "this part of transformers' generate() is not supported; leave the option out");
    }
}
