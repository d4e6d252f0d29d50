using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Scoring;
using Gemma.Runtime.Models;

namespace Gemma.Runtime;

/// <content>generate() and scoring, on ids.</content>
public sealed partial class GemmaModel
{
    /// <summary>transformers' generate() for one prompt: greedy search, sampling or beam search, with its defaults and its order of processors.</summary>
    /// <param name="prompt">The ids, each inside the vocabulary; used as they are.</param>
    /// <param name="request">The options, or null for the model's.</param>
    /// <param name="cancellationToken">Ends the generation.</param>
    /// <returns>As many sequences as <c>num_return_sequences</c> asks for; in beam search the best first.</returns>
    /// <exception cref="InvalidGenerationConfigException">An option is out of range.</exception>
    /// <exception cref="GemmaContextLengthException">Prompt and requested tokens do not fit the context.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait, or more beams are asked for than the model has places.</exception>
    public Task<IReadOnlyList<GeneratedSequence>> GenerateSequencesAsync(ReadOnlyMemory<int> prompt, SequenceRequest? request = null, CancellationToken cancellationToken = default)
    {
        CheckPrompt(prompt);
        var trained = Package.Config?.MaxPositionEmbeddings ?? Package.ContextLength;
        var limits = new ModelLimits(Package.VocabSize, trained, ContextLength, Tokenizer is { } tokenizer ? ids => tokenizer.Decode(ids, skipSpecialTokens: false) : null);
        return new SequencePlan(prompt.ToArray(), SequenceDefaults(), request ?? new SequenceRequest(), limits).RunAsync(_scheduler, cancellationToken);
    }

    /// <summary>Computes how likely the model finds a text.</summary>
    /// <param name="ids">The text's ids, at least one, each inside the vocabulary; used as they are.</param>
    /// <param name="top">How many of the best next tokens to report.</param>
    /// <param name="cancellationToken">Ends the computation.</param>
    /// <exception cref="GemmaContextLengthException">The text does not fit the context.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait.</exception>
    public Task<TextScore> ScoreAsync(ReadOnlyMemory<int> ids, int top = 0, CancellationToken cancellationToken = default)
    {
        CheckPrompt(ids);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        if (ids.Length > ContextLength) throw new GemmaContextLengthException($"The text has {ids.Length} tokens, but the context holds {ContextLength}; shorten it.");
        var job = new ScoringJob(ids.ToArray(), top, cancellationToken);
        _scheduler.Submit(job);
        return job.Result;
    }

    // transformers takes the model's configuration where there is no generation_config.json.
    private GenerationConfig SequenceDefaults() => GenerationDefaults.EosTokenId is null
        ? GenerationDefaults with { EosTokenId = Package.Config?.EosTokenIds ?? Package.EosTokenIds, PadTokenId = GenerationDefaults.PadTokenId ?? Package.Config?.PadTokenId }
        : GenerationDefaults;

    internal void CheckPrompt(ReadOnlyMemory<int> prompt)
    {
        if (Engine.VocabularySize == 0) throw new NotSupportedException($"'{ModelId}' is a classifier without language-model head: it cannot generate text.");
        if (prompt.IsEmpty) throw new ArgumentException("The prompt is empty: at least one token is needed, usually <bos>.", nameof(prompt));
        foreach (var id in prompt.Span)
        {
            if ((uint)id >= (uint)Package.VocabSize) throw new ArgumentOutOfRangeException(nameof(prompt), id, $"The prompt has token {id}, but the vocabulary ends at {Package.VocabSize - 1}.");
        }
    }
}
