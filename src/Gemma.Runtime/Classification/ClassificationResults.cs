using System.Collections;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Classification;

/// <summary>The results of a call, one per input, in order.</summary>
/// <remarks>Immutable.</remarks>
/// <param name="results">The results.</param>
public sealed class ClassificationResults(IReadOnlyList<ClassificationResult> results) : IReadOnlyList<ClassificationResult>
{
    /// <inheritdoc/>
    public int Count => results.Count;

    /// <summary>The tokens that were read.</summary>
    public UsageDetails Usage { get; } = Sum(results);

    /// <inheritdoc/>
    public ClassificationResult this[int index] => results[index];

    /// <inheritdoc/>
    public IEnumerator<ClassificationResult> GetEnumerator() => results.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static UsageDetails Sum(IReadOnlyList<ClassificationResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        var tokens = results.Sum(result => (long)result.TokenCount);
        return new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
    }
}
