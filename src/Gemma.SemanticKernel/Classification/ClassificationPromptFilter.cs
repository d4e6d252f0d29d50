using Gemma.Runtime.Classification;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Classifies every rendered prompt and blocks or tags it by label and threshold, before a model sees it.</summary>
/// <remarks>Safe for concurrent use. The label is in the arguments, and in a blocked result's metadata, under <see cref="LabelKey"/>.</remarks>
public sealed class ClassificationPromptFilter : IPromptRenderFilter
{
    /// <summary>The key of the label.</summary>
    public const string LabelKey = ClassificationGuard.LabelKey;

    private readonly ClassificationGuard _guard;

    /// <summary>Creates the filter.</summary>
    /// <param name="classifier">The classifier; it stays its owner's.</param>
    /// <param name="options">Labels, thresholds and what to do.</param>
    public ClassificationPromptFilter(ISequenceClassifier classifier, ClassificationGuardOptions options)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(options);
        _guard = new ClassificationGuard(classifier, options);
    }

    /// <inheritdoc/>
    public async Task OnPromptRenderAsync(PromptRenderContext context, Func<PromptRenderContext, Task> next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        await next(context).ConfigureAwait(false);
        if (context.Result is not null || context.RenderedPrompt is not { } prompt) return;
        if (await _guard.FindAsync(PromptPlainText.Of(prompt), context.CancellationToken).ConfigureAwait(false) is not { } label) return;
        context.Arguments[LabelKey] = label;
        if (_guard.Options.Action == GuardAction.Block) context.Result = _guard.Blocked(context.Function, context.Kernel, label);
    }
}
