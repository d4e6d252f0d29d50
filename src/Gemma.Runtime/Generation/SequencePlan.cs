using Gemma.Runtime.Generation.BeamSearch;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation;

/// <summary>A checked call of generate(): everything that can be wrong with it is found before anything is computed.</summary>
internal sealed class SequencePlan
{
    /// <summary>Checks a call.</summary>
    /// <param name="prompt">The prompt's tokens, left padding included.</param>
    /// <param name="defaults">The model's options.</param>
    /// <param name="request">The caller's.</param>
    /// <param name="limits">The model's sizes.</param>
    /// <exception cref="InvalidGenerationConfigException">An option is out of range.</exception>
    /// <exception cref="GemmaContextLengthException">Prompt and output do not fit the context.</exception>
    public SequencePlan(int[] prompt, GenerationConfig defaults, SequenceRequest request, ModelLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(request.LeftPadding, nameof(request));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(request.LeftPadding, prompt.Length, nameof(request));
        Prompt = prompt;
        Alternatives = request.Alternatives;

        Config = request.Config is { } own ? defaults.Merge(own) : defaults;
        Config.Validate();
        var maxLength = GenerationLimits.MaxLength(Config, prompt.Length, limits.MaxPositionEmbeddings);
        var seen = prompt.Length - request.LeftPadding;
        if (seen > limits.ContextLength) throw new GemmaContextLengthException(seen, limits.ContextLength);
        if (maxLength - request.LeftPadding > limits.ContextLength)
            throw new GemmaContextLengthException($"The prompt has {seen} tokens and {maxLength - prompt.Length} more were requested, but the context holds {limits.ContextLength}; shorten the prompt or ask for at most {limits.ContextLength - seen} tokens.");
        Context = new SelectionContext(limits.VocabularySize, prompt.Length, Config.EosTokenId ?? [], maxLength, request.LeftPadding);
        if (Config.StopStrings is { } texts) EndsText = EndsWithin(texts, limits.Decode ?? throw new InvalidGenerationConfigException("stop_strings", "the package has no tokenizer to find texts with; leave the option out"));
    }

    /// <summary>The prompt's tokens, left padding included.</summary>
    public int[] Prompt { get; }

    /// <summary>The merged options.</summary>
    public GenerationConfig Config { get; }

    public SelectionContext Context { get; }

    public int? Alternatives { get; }

    /// <summary>Whether new tokens hold a stop string, or null without stop strings.</summary>
    public Func<ReadOnlySpan<int>, bool>? EndsText { get; }

    /// <summary>Runs the call.</summary>
    public async Task<IReadOnlyList<GeneratedSequence>> RunAsync(InferenceScheduler scheduler, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Config.NumBeams > 1) return await SearchAsync(scheduler, cancellationToken).ConfigureAwait(false);

        // One sequence's failure is the call's: the others need not go on.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<SequenceTask>> results = [];
        try
        {
            foreach (var task in Enumerable.Range(0, Config.NumReturnSequences ?? 1).Select(stream => new SequenceTask(this, stream, ended.Token)).ToArray())
            {
                scheduler.Submit(task);
                results.Add(task.Result);
            }

            return [.. (await Task.WhenAll(results).ConfigureAwait(false)).Select(task => task.ToSequence())];
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<GeneratedSequence>> SearchAsync(InferenceScheduler scheduler, CancellationToken cancellationToken)
    {
        var job = new BeamSearchJob(this, cancellationToken);
        scheduler.Submit(job);
        var beams = await job.Result.ConfigureAwait(false);
        return [.. beams.Select(beam => new GeneratedSequence(beam.Tokens[Prompt.Length..], IsStopped(beam) ? GenerationFinishReason.Stop : GenerationFinishReason.Length) { Score = beam.Score })];
    }

    private bool IsStopped(Beam beam) => beam.Parents.Length > 0 && (Context.StopIds.Contains(beam.Tokens[^1]) || (EndsText?.Invoke(beam.Tokens.AsSpan(Prompt.Length)) ?? false));

    private static Func<ReadOnlySpan<int>, bool> EndsWithin(IReadOnlyList<string> texts, Func<ReadOnlySpan<int>, string> decode) => tokens =>
    {
        var text = decode(tokens);
        return texts.Any(stop => text.Contains(stop, StringComparison.Ordinal));
    };
}
