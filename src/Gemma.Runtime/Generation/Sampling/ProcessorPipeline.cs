using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Builds the processors that generate() would build from the same options, in its order; a processor whose value is neutral is left out.</summary>
internal static class ProcessorPipeline
{
    /// <summary>The processors, those of sampling included where the options sample.</summary>
    /// <exception cref="InvalidGenerationConfigException">An option is out of range or names a token outside the vocabulary.</exception>
    public static LogitsProcessor[] Create(GenerationConfig config, SelectionContext context, ITokenConstraint? constraint = null)
    {
        config.Validate();
        List<LogitsProcessor> processors = [.. Repetition(config, context), .. Stopping(config, context)];
        if (constraint is not null) processors.Add(new ConstraintProcessor(constraint));
        if (config.DoSample == true) processors.AddRange(Sampling(config, context));
        if (config.RenormalizeLogits == true) processors.Add(new RenormalizeProcessor());
        return [.. processors];
    }

    private static IEnumerable<LogitsProcessor> Repetition(GenerationConfig config, SelectionContext context)
    {
        var vocabulary = context.VocabularySize;
        if (config.SequenceBias is { } biases)
            yield return new SequenceBiasProcessor("sequence_bias", biases.Select(bias => (bias.TokenIds, (float)bias.Bias)), vocabulary);
        if (config.EncoderRepetitionPenalty is { } reward and not 1)
            yield return new EncoderRepetitionPenaltyProcessor(reward, vocabulary, context.PromptLength);
        if (config.RepetitionPenalty is { } penalty and not 1) yield return new RepetitionPenaltyProcessor(penalty, vocabulary, context.LeftPadding);
        if ((config.PresencePenalty ?? 0) != 0 || (config.FrequencyPenalty ?? 0) != 0)
            yield return new PresenceAndFrequencyPenaltyProcessor(config.PresencePenalty ?? 0, config.FrequencyPenalty ?? 0, context.PromptLength);
        if (config.NoRepeatNgramSize is { } size and > 0) yield return new NoRepeatNgramProcessor(size);
        if (config.EncoderNoRepeatNgramSize is { } promptSize and > 0) yield return new NoRepeatNgramProcessor(promptSize, context.PromptLength);
        if (config.BadWordsIds is { } words) yield return new BadWordsProcessor(words, context.StopIds, vocabulary);
    }

    private static IEnumerable<LogitsProcessor> Stopping(GenerationConfig config, SelectionContext context)
    {
        var (prompt, stops) = (context.PromptLength, context.StopIds);
        if (config.MinLength is { } length and > 0 && config.MinNewTokens is null) yield return new MinLengthProcessor(length, stops);
        if (config.MinNewTokens is { } newTokens and > 0) yield return new MinLengthProcessor(prompt + newTokens, stops);
        if (config.ForcedBosTokenId is { } begin) yield return new ForcedTokensProcessor(Checked("forced_bos_token_id", [begin], context), 1);
        if (config.ForcedEosTokenId is { } end) yield return new ForcedTokensProcessor(Checked("forced_eos_token_id", end, context), context.MaxLength - 1);
        if (config.RemoveInvalidValues == true) yield return new InvalidValuesProcessor();
        if (config.ExponentialDecayLengthPenalty is { } decay) yield return new ExponentialDecayProcessor(decay, stops, prompt);
        if (config.SuppressTokens is { } suppressed) yield return new SuppressTokensProcessor(suppressed);
        if (config.BeginSuppressTokens is { } first)
            yield return new SuppressTokensProcessor(first, prompt > 1 || config.ForcedBosTokenId is null ? prompt : prompt + 1);
    }

    private static IEnumerable<LogitsProcessor> Sampling(GenerationConfig config, SelectionContext context)
    {
        // Beams must keep a continuation beside every stop token.
        var least = config.NumBeams > 1 ? context.StopIds.Count + 1 : 1;
        if (config.NumBeams > 1 && context.StopIds.Count == 0) least = 2;
        if (config.Temperature is { } temperature and not 1) yield return new TemperatureProcessor(temperature);
        if (config.TopH is { } topH) yield return new TopHProcessor(topH);
        if ((config.TopK ?? 50) is var topK and > 0) yield return new TopKProcessor(topK, least);
        if (config.TopP is { } topP and < 1) yield return new TopPProcessor(topP, least);
        if (config.MinP is { } minP) yield return new MinPProcessor(minP, least);
        if (config.TypicalP is { } typical and < 1) yield return new TypicalProcessor(typical, least);
        if (config.EpsilonCutoff is { } epsilon and > 0 and < 1) yield return new EpsilonCutoffProcessor(epsilon, least);
        if (config.EtaCutoff is { } eta and > 0 and < 1) yield return new EtaCutoffProcessor(eta, least);
    }

    private static IReadOnlyList<int> Checked(string option, IReadOnlyList<int> ids, SelectionContext context)
    {
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)context.VocabularySize)
                throw new InvalidGenerationConfigException(option, $"{id} is not a token id of a vocabulary of {context.VocabularySize}");
        }

        return ids;
    }
}
