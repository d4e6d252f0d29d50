using System.Text.Json;
using Gemma.Runtime.Classification;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Classifies what functions are called with and what they return, and blocks or tags the call by label and threshold.</summary>
/// <remarks>
/// Safe for concurrent use. The label is in the arguments, and in the result's metadata, under <see cref="ClassificationPromptFilter.LabelKey"/>.
/// </remarks>
public sealed class ClassificationFunctionFilter : IFunctionInvocationFilter
{
    private readonly ClassificationGuard _guard;

    /// <summary>Creates the filter.</summary>
    /// <param name="classifier">The classifier; it stays its owner's.</param>
    /// <param name="options">Labels, thresholds, what to classify and what to do.</param>
    public ClassificationFunctionFilter(ISequenceClassifier classifier, ClassificationGuardOptions options)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(options);
        _guard = new ClassificationGuard(classifier, options);
    }

    /// <inheritdoc/>
    public async Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        string? label = null;
        if (_guard.Options.Subjects.HasFlag(GuardSubject.Arguments))
        {
            foreach (var text in context.Arguments.Values.SelectMany(Texts).ToArray())
                label ??= await _guard.FindAsync(text, context.CancellationToken).ConfigureAwait(false);
            if (label is not null && Act(context, label)) return;
        }

        await next(context).ConfigureAwait(false);
        if (label is null && _guard.Options.Subjects.HasFlag(GuardSubject.Result) && !context.IsStreaming)
        {
            label = await _guard.FindAsync(context.Result.ToString(), context.CancellationToken).ConfigureAwait(false);
            if (label is not null && Act(context, label)) return;
        }

        if (label is not null)
        {
            context.Result = new FunctionResult(context.Result)
            {
                Metadata = new Dictionary<string, object?>(context.Result.Metadata ?? new Dictionary<string, object?>())
                {
                    [ClassificationGuard.LabelKey] = label,
                },
            };
        }
    }

    // A model's arguments are JSON, those of code are texts.
    private static IEnumerable<string> Texts(object? argument) => argument switch
    {
        string text => [text],
        IEnumerable<string> texts => texts,
        JsonElement { ValueKind: JsonValueKind.String } json => [json.GetString()!],
        JsonElement { ValueKind: JsonValueKind.Array } json => json.EnumerateArray().SelectMany(static item => Texts(item)),
        JsonElement { ValueKind: JsonValueKind.Object } json => json.EnumerateObject().SelectMany(static member => Texts(member.Value)),
        _ => [],
    };

    // Whether the call is over.
    private bool Act(FunctionInvocationContext context, string label)
    {
        context.Arguments[ClassificationGuard.LabelKey] = label;
        if (_guard.Options.Action != GuardAction.Block) return false;
        context.Result = _guard.Blocked(context.Function, context.Kernel, label);
        return true;
    }
}
