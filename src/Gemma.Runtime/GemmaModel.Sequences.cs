using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Requests;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Generation.Scoring;
using Gemma.Runtime.Generation.Stopping;
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
    public async Task<IReadOnlyList<GeneratedSequence>> GenerateSequencesAsync(ReadOnlyMemory<int> prompt, GenerationRequest? request = null,
        CancellationToken cancellationToken = default)
    {
        // Stop strings are found in text with control tokens, as transformers finds them.
        var run = Run(prompt, SequenceDefaults(), (request ?? new GenerationRequest()) with { IncludeSpecialTokens = true }, fillsContext: false);
        var sequences = Enumerable.Range(0, run.Plan.Sequences).Select(_ => (Ids: new List<int>(), Choices: new List<TokenChoice>())).ToArray();
        var summaries = new GenerationSummary[sequences.Length];
        await foreach (var update in run.StreamAsync(cancellationToken).ConfigureAwait(false))
        {
            if (update.TokenId is { } id) sequences[update.Sequence].Ids.Add(id);
            if (update.Choice is { } choice) sequences[update.Sequence].Choices.Add(choice);
            if (update.Summary is { } summary) summaries[update.Sequence] = summary;
        }

        return [.. sequences.Zip(summaries,
            (sequence, summary) => new GeneratedSequence(sequence.Ids, summary.FinishReason) { Score = summary.Score, Choices = sequence.Choices })];
    }

    /// <summary>Computes how likely the model finds a text.</summary>
    /// <param name="ids">The text's ids, at least one, each inside the vocabulary; used as they are.</param>
    /// <param name="request">What to report, priority and timeout; or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the computation.</param>
    /// <exception cref="GemmaContextLengthException">The text does not fit the context.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait.</exception>
    /// <exception cref="GemmaTimeoutException">It took longer than <see cref="ScoringRequest.Timeout"/>.</exception>
    public Task<TextScore> ScoreAsync(ReadOnlyMemory<int> ids, ScoringRequest? request = null, CancellationToken cancellationToken = default)
    {
        request ??= new ScoringRequest();
        CheckPrompt(ids);
        ArgumentOutOfRangeException.ThrowIfNegative(request.Top);
        ArgumentOutOfRangeException.ThrowIfNegative(request.Alternatives);
        if (ids.Length > ContextLength)
            throw new GemmaContextLengthException($"The text has {ids.Length} tokens, but the context holds {ContextLength}; shorten it.");
        var job = new ScoringJob(ids.ToArray(), request.Top, cancellationToken) { Alternatives = request.Alternatives };
        return Gate.RunAsync(job, job.Result, new RequestTerms(RequestOperation.Scoring, ids.Length, request.Priority, request.Timeout));
    }

    /// <summary>The most new tokens that <see cref="GenerateAsync"/> gives.</summary>
    /// <param name="promptLength">The prompt's tokens.</param>
    /// <param name="asked">The request's options, or null.</param>
    /// <exception cref="InvalidGenerationConfigException"><c>max_length</c> leaves no room for a new token.</exception>
    /// <exception cref="GemmaContextLengthException">Prompt and requested tokens do not fit the context.</exception>
    internal int MaxNewTokens(int promptLength, GenerationConfig? asked) =>
        new GenerationLimits(ContextLength, Package.Config?.MaxPositionEmbeddings ?? Package.ContextLength)
            .MaxLength(GenerationDefaults, asked, promptLength, leftPadding: 0, fillsContext: true) - promptLength;

    private GenerationRun Run(ReadOnlyMemory<int> prompt, GenerationConfig defaults, GenerationRequest? request, bool fillsContext)
    {
        CheckPrompt(prompt);
        var limits = new ModelLimits(Package.VocabSize, Package.Config?.MaxPositionEmbeddings ?? Package.ContextLength, ContextLength, Tokenizer);
        return new GenerationRun(new GenerationPlan(prompt.ToArray(), defaults, request ?? new GenerationRequest(), limits, fillsContext), Gate, _scheduler);
    }

    // transformers takes the model's configuration where there is no generation_config.json.
    private GenerationConfig SequenceDefaults() => GenerationDefaults.EosTokenId is null
        ? GenerationDefaults with
        {
            EosTokenId = Package.Config?.EosTokenIds ?? Package.EosTokenIds,
            PadTokenId = GenerationDefaults.PadTokenId ?? Package.Config?.PadTokenId,
        }
        : GenerationDefaults;

    private void CheckPrompt(ReadOnlyMemory<int> prompt)
    {
        if (Engine.VocabularySize == 0) throw new NotSupportedException($"'{ModelId}' is a classifier without language-model head: it cannot generate text.");
        if (prompt.IsEmpty) throw new ArgumentException("The prompt is empty: at least one token is needed, usually <bos>.", nameof(prompt));
        foreach (var id in prompt.Span)
        {
            if ((uint)id >= (uint)Package.VocabSize)
            {
                throw new ArgumentOutOfRangeException(nameof(prompt), id,
                    $"The prompt has {Describe(id)}, but the model's vocabulary ends at {Package.VocabSize - 1}.");
            }
        }
    }

    // For messages: a tokenizer may have tokens that the model was never given an embedding for.
    internal string Describe(int id) =>
        Tokenizer is { } tokenizer && id >= 0 && tokenizer.GetPiece(id) is { } piece ? $"token id {id} ('{piece}')" : $"token id {id}";
}
