namespace Gemma.Runtime.Models;

/// <summary>Puts the options of one configuration over those of another.</summary>
internal static class GenerationConfigMerger
{
    public static GenerationConfig Merge(GenerationConfig defaults, GenerationConfig overrides) => new()
    {
        DoSample = overrides.DoSample ?? defaults.DoSample,
        Temperature = overrides.Temperature ?? defaults.Temperature,
        TopK = overrides.TopK ?? defaults.TopK,
        TopP = overrides.TopP ?? defaults.TopP,
        MinP = overrides.MinP ?? defaults.MinP,
        TopH = overrides.TopH ?? defaults.TopH,
        TypicalP = overrides.TypicalP ?? defaults.TypicalP,
        EpsilonCutoff = overrides.EpsilonCutoff ?? defaults.EpsilonCutoff,
        EtaCutoff = overrides.EtaCutoff ?? defaults.EtaCutoff,
        RepetitionPenalty = overrides.RepetitionPenalty ?? defaults.RepetitionPenalty,
        EncoderRepetitionPenalty = overrides.EncoderRepetitionPenalty ?? defaults.EncoderRepetitionPenalty,
        PresencePenalty = overrides.PresencePenalty ?? defaults.PresencePenalty,
        FrequencyPenalty = overrides.FrequencyPenalty ?? defaults.FrequencyPenalty,
        NoRepeatNgramSize = overrides.NoRepeatNgramSize ?? defaults.NoRepeatNgramSize,
        EncoderNoRepeatNgramSize = overrides.EncoderNoRepeatNgramSize ?? defaults.EncoderNoRepeatNgramSize,
        BadWordsIds = overrides.BadWordsIds ?? defaults.BadWordsIds,
        SuppressTokens = overrides.SuppressTokens ?? defaults.SuppressTokens,
        BeginSuppressTokens = overrides.BeginSuppressTokens ?? defaults.BeginSuppressTokens,
        SequenceBias = overrides.SequenceBias ?? defaults.SequenceBias,
        MinLength = overrides.MinLength ?? defaults.MinLength,
        MinNewTokens = overrides.MinNewTokens ?? defaults.MinNewTokens,
        MaxLength = overrides.MaxLength ?? defaults.MaxLength,
        MaxNewTokens = overrides.MaxNewTokens ?? defaults.MaxNewTokens,
        ForcedBosTokenId = overrides.ForcedBosTokenId ?? defaults.ForcedBosTokenId,
        ForcedEosTokenId = overrides.ForcedEosTokenId ?? defaults.ForcedEosTokenId,
        ExponentialDecayLengthPenalty = overrides.ExponentialDecayLengthPenalty ?? defaults.ExponentialDecayLengthPenalty,
        RemoveInvalidValues = overrides.RemoveInvalidValues ?? defaults.RemoveInvalidValues,
        RenormalizeLogits = overrides.RenormalizeLogits ?? defaults.RenormalizeLogits,
        NumBeams = overrides.NumBeams ?? defaults.NumBeams,
        LengthPenalty = overrides.LengthPenalty ?? defaults.LengthPenalty,
        EarlyStopping = overrides.EarlyStopping ?? defaults.EarlyStopping,
        NumReturnSequences = overrides.NumReturnSequences ?? defaults.NumReturnSequences,
        EosTokenId = overrides.EosTokenId ?? defaults.EosTokenId,
        PadTokenId = overrides.PadTokenId ?? defaults.PadTokenId,
        BosTokenId = overrides.BosTokenId ?? defaults.BosTokenId,
        StopStrings = overrides.StopStrings ?? defaults.StopStrings,
        Seed = overrides.Seed ?? defaults.Seed,
    };
}
