using Gemma.Runtime.Classification;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Decides whether a text carries one of the watched labels.</summary>
internal sealed class ClassificationGuard(ISequenceClassifier classifier, ClassificationGuardOptions options)
{
    /// <summary>The key of the label in arguments and metadata.</summary>
    public const string LabelKey = "gemma.classification.label";

    public ClassificationGuardOptions Options => options;

    /// <summary>The watched label with the highest score that reaches its threshold, or null.</summary>
    /// <exception cref="UnknownLabelException">A watched label is not the classifier's.</exception>
    public async Task<string?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var result = await classifier.ClassifyAsync(text, options.Options, cancellationToken).ConfigureAwait(false);
        return options.Thresholds
            .Where(threshold => result[threshold.Key] >= threshold.Value)
            .OrderByDescending(threshold => result[threshold.Key])
            .Select(threshold => threshold.Key)
            .FirstOrDefault();
    }

    /// <summary>The result of a blocked call.</summary>
    public FunctionResult Blocked(KernelFunction function, Kernel kernel, string label) =>
        new(function, options.BlockedMessage, kernel.Culture, new Dictionary<string, object?> { [LabelKey] = label });
}
