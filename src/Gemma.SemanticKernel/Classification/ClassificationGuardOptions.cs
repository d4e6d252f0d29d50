using Gemma.Runtime.Classification;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Which labels a filter acts on, and how.</summary>
public sealed record ClassificationGuardOptions
{
    /// <summary>The score of each label from which the filter acts.</summary>
    public required IReadOnlyDictionary<string, float> Thresholds { get; init; }

    /// <summary>What happens then.</summary>
    /// <value>Default <see cref="GuardAction.Block"/>.</value>
    public GuardAction Action { get; init; } = GuardAction.Block;

    /// <summary>The result of a blocked call.</summary>
    /// <value>Default: says that the request was blocked.</value>
    public string BlockedMessage { get; init; } = "The request was blocked by the application's content policy.";

    /// <summary>What function filters classify.</summary>
    /// <value>Default <see cref="GuardSubject.Arguments"/>.</value>
    public GuardSubject Subjects { get; init; } = GuardSubject.Arguments;

    /// <summary>Options of the classification. Without truncation a text that is too long fails the call: nothing passes unread.</summary>
    /// <value>Default null.</value>
    public ClassificationOptions? Options { get; init; }
}
