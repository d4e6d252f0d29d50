using System.Diagnostics.Metrics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Prompts;

namespace Gemma.Runtime;

/// <summary>How a model package is opened.</summary>
public sealed record GemmaModelOptions
{
    /// <summary>The model's name in responses and telemetry.</summary>
    /// <value>Default null: the package folder's name.</value>
    public string? ModelId { get; init; }

    /// <summary>What computes the model, where, and within which limits.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>The most requests that generate at the same time; others wait.</summary>
    /// <value>1 to 256, default 8.</value>
    public int MaxConcurrentRequests { get; init; } = 8;

    /// <summary>The most requests that wait; one more is refused with <see cref="GemmaOverloadedException"/>.</summary>
    /// <value>Default 256.</value>
    public int MaxQueueLength { get; init; } = 256;

    /// <summary>
    /// How long a request waits for its turn until it is refused with <see cref="GemmaOverloadedException"/>. Further texts of a call that has begun wait on.
    /// </summary>
    /// <value>Positive; default null: as long as it takes.</value>
    public TimeSpan? MaxQueueWait { get; init; }

    /// <summary>Finished conversations whose keys and values are kept, so that the next turn need not compute them again.</summary>
    /// <value>Default 8; 0 keeps none.</value>
    public int MaxCachedConversations { get; init; } = 8;

    /// <summary>
    /// Whether a request that runs alone guesses its next tokens by looking up its last ones in prompt and answer, and checks several in one pass: answers
    /// that quote their prompt come two to four times as fast. A guess counts only where the request's own choice is the same.
    /// </summary>
    /// <value>Default false: passes over several tokens round differently, so that where two tokens score almost alike the answer may differ from one computed
    /// in company.</value>
    public bool PromptLookup { get; init; }

    /// <summary>
    /// The package of a smaller model with the same vocabulary, which guesses the next tokens of requests that run alone or with few others; this model checks
    /// several in one pass. A guess counts only where the request's own choice, with its processors, constraint and seed, is the same: so the tokens are those
    /// of a run without, and sampled ones have the same distribution. Requests for which guessing loses time go on without.
    /// </summary>
    /// <value>Default null: none. What <see cref="PromptLookup"/> says about rounding holds here too. Both models share the budget of
    /// <see cref="EngineOptions.MaxCacheBytes"/>.</value>
    public string? DraftModelPath { get; init; }

    /// <summary>The chat template to use instead of the package's.</summary>
    /// <value>Default null.</value>
    public IChatTemplate? ChatTemplate { get; init; }

    /// <summary>
    /// The chat template to use instead of the package's, as text: a file's path, one of gemma1, gemma2, gemma3 and chatml, or the template itself.
    /// <see cref="ChatTemplate"/> goes before it.
    /// </summary>
    /// <value>Default null.</value>
    public string? ChatTemplateSource { get; init; }

    /// <summary>What happens to contents of messages and of tool results that the model cannot read, such as images.</summary>
    /// <value>Default <see cref="UnreadableContentHandling.Refuse"/>.</value>
    public UnreadableContentHandling UnreadableContent { get; init; }

    /// <summary>How the model is told of functions, and how it is made to write calls; calls are found in any known notation.</summary>
    /// <value>Default null: the form that the model was trained on.</value>
    public ToolFormat? ToolFormat { get; init; }

    /// <summary>Is told what the loading is at, from the loading thread; the log is told too.</summary>
    /// <value>Default null.</value>
    public IProgress<GemmaLoadStage>? LoadProgress { get; init; }

    /// <summary>Makes the model's meter.</summary>
    /// <value>Default null: the model makes its own.</value>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>A copy that nobody else changes, its values checked.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal GemmaModelOptions CheckedCopy()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxQueueLength);
        if (MaxQueueWait <= TimeSpan.Zero) throw new ArgumentOutOfRangeException(nameof(MaxQueueWait), MaxQueueWait, "MaxQueueWait must be positive.");
        ArgumentOutOfRangeException.ThrowIfNegative(MaxCachedConversations);
        if (!Enum.IsDefined(UnreadableContent))
            throw new ArgumentOutOfRangeException(nameof(UnreadableContent), UnreadableContent, "UnreadableContent must be Refuse or Describe.");
        if (ToolFormat is { } format && !Enum.IsDefined(format))
            throw new ArgumentOutOfRangeException(nameof(ToolFormat), format, "ToolFormat must be Gemma, Python, Hermes or Template.");
        if (MaxConcurrentRequests is < 1 or > 256)
            throw new ArgumentOutOfRangeException(nameof(MaxConcurrentRequests), MaxConcurrentRequests, "MaxConcurrentRequests must be 1 to 256.");
        return this with { Engine = Engine.CheckedCopy() };
    }
}
