using Gemma.Runtime.Inputs;

namespace Gemma.Runtime.Classification;

/// <summary>Gives every token of a text a label: what GemmaForTokenClassification is in transformers.</summary>
/// <remarks>Implementations are safe for concurrent use, and must not be disposed while in use.</remarks>
public interface ITokenClassifier : IDisposable
{
    /// <summary>Classifies the tokens of texts, in order.</summary>
    /// <param name="inputs">The texts; enumerated once. A bounded number is read ahead of the results.</param>
    /// <param name="options">Truncation and calibration, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; so does leaving the loop early.</param>
    /// <returns>One result per input, in order.</returns>
    /// <exception cref="ClassificationInputException">A text is empty, or its ids are not the model's.</exception>
    /// <exception cref="GemmaContextLengthException">A text has more tokens than the limit, and truncation was not asked for.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait for the model when the call begins.</exception>
    /// <exception cref="GemmaTimeoutException">A text took longer than <see cref="ClassificationOptions.Timeout"/>.</exception>
    IAsyncEnumerable<TokenClassificationResult> ClassifyTokensAsync(IAsyncEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Asks for an object of a type: <see cref="SequenceClassifierMetadata"/>, or the classifier itself.</summary>
    /// <param name="serviceType">The type.</param>
    /// <param name="serviceKey">A key, or null.</param>
    /// <returns>The object, or null.</returns>
    object? GetService(Type serviceType, object? serviceKey = null);
}
