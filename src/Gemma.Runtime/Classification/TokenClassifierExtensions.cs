using Gemma.Runtime.Inputs;

namespace Gemma.Runtime.Classification;

/// <summary>Convenience over <see cref="ITokenClassifier"/>.</summary>
public static class TokenClassifierExtensions
{
    /// <summary>Classifies the tokens of several texts.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="inputs">The texts; strings convert.</param>
    /// <param name="options">Truncation and calibration, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>One result per input, in order.</returns>
    /// <inheritdoc cref="ITokenClassifier.ClassifyTokensAsync" path="/exception"/>
    public static async Task<IReadOnlyList<TokenClassificationResult>> ClassifyTokensAsync(this ITokenClassifier classifier,
        IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(inputs);
        return await classifier.ClassifyTokensAsync(inputs.ToAsyncEnumerable(), options, cancellationToken).ToListAsync(cancellationToken)
            .ConfigureAwait(false);
    }
}
