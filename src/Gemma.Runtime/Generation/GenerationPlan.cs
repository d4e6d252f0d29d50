using System.Runtime.CompilerServices;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation;

/// <summary>A checked request: everything that can be wrong with it is found before anything is computed.</summary>
internal sealed class GenerationPlan
{
    private GenerationPlan()
    {
    }

    public required GemmaModel Model { get; init; }

    public required ReadOnlyMemory<int> Prompt { get; init; }

    public required GenerationRequest Request { get; init; }

    public required GenerationConfig Config { get; init; }

    public required IReadOnlyList<int> StopTokenIds { get; init; }

    public required int MaxNewTokens { get; init; }

    public required TimeProvider Time { get; init; }

    public static GenerationPlan Create(GemmaModel model, ReadOnlyMemory<int> prompt, GenerationRequest request, TimeProvider time)
    {
        model.CheckPrompt(prompt);
        if (request.Timeout is { } timeout) ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(request.Timeout));
        var config = request.Config is { } own ? model.GenerationDefaults.Merge(own) : model.GenerationDefaults;
        config.Validate();
        var room = model.ContextLength - prompt.Length;
        if (room < 1) throw new GemmaContextLengthException(prompt.Length, model.ContextLength);
        var requested = request.MaxNewTokens ?? request.Config?.MaxNewTokens;
        if (requested is { } count)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count, nameof(request.MaxNewTokens));
            if (count > room) throw new GemmaContextLengthException($"The prompt has {prompt.Length} tokens and {count} more were requested, but the context holds {model.ContextLength}; shorten the prompt or ask for at most {room} tokens.");
        }

        return new GenerationPlan
        {
            Model = model,
            Prompt = prompt,
            Request = request,
            Config = config,
            StopTokenIds = request.StopTokenIds ?? request.Config?.EosTokenId ?? model.Package.EosTokenIds,
            MaxNewTokens = requested ?? Math.Min(room, model.GenerationDefaults.MaxNewTokens ?? room),
            Time = time,
        };
    }

    public async IAsyncEnumerable<GenerationUpdate> RunAsync(InferenceScheduler scheduler, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Leaving the loop early cancels the request; a cancelled caller gets the caller's own token.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var task = new TextGenerationTask(this, ended.Token);
        try
        {
            scheduler.Submit(task);
        }
        catch (Exception e)
        {
            // Nobody else ends a request that was not taken: its span and its duration are recorded here.
            task.Finish(e);
            throw;
        }

        try
        {
            while (true)
            {
                bool more;
                try
                {
                    more = await task.Updates.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException(cancellationToken);
                }

                if (!more) yield break;
                while (task.Updates.TryRead(out var update)) yield return update;
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
        }
    }
}
