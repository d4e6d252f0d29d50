using Gemma.Runtime.Inputs;

namespace Gemma.Runtime.Classification;

/// <summary>
/// Gives texts labels: what GemmaForSequenceClassification is in transformers, with the shape of
/// <see cref="Microsoft.Extensions.AI.IEmbeddingGenerator{TInput,TEmbedding}"/>.
/// </summary>
/// <remarks>
/// Implementations are safe for concurrent use, and must not be disposed while in use. Texts of one call, and of concurrent calls, are grouped by
/// length into ragged batches; results come in the order of the inputs and do not depend on the grouping, so that no padding token is needed
/// (transformers refuses batches for models without one).
/// </remarks>
public interface ISequenceClassifier : IDisposable
{
    /// <summary>Classifies texts.</summary>
    /// <param name="inputs">The texts; enumerated once, as they are needed.</param>
    /// <param name="options">Truncation, thresholds and calibration, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; texts that wait leave the queue.</param>
    /// <returns>One result per input, in order.</returns>
    /// <exception cref="ClassificationInputException">A text is empty, or its ids are not the model's.</exception>
    /// <exception cref="GemmaContextLengthException">A text has more tokens than the limit, and truncation was not asked for.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait for the model when the call begins.</exception>
    /// <exception cref="GemmaTimeoutException">A text took longer than <see cref="ClassificationOptions.Timeout"/>.</exception>
    /// <exception cref="UnknownLabelException">A threshold is for a label that the head does not have.</exception>
    Task<ClassificationResults> ClassifyAsync(IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Classifies a stream of texts. A bounded number of texts is read ahead; the source is not asked for more until results have been taken.
    /// </summary>
    /// <param name="inputs">The texts.</param>
    /// <param name="options">Truncation, thresholds and calibration, or null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; so does leaving the loop early.</param>
    /// <returns>One result per input, in order.</returns>
    /// <inheritdoc cref="ClassifyAsync" path="/exception"/>
    IAsyncEnumerable<ClassificationResult> ClassifyStreamingAsync(IAsyncEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Asks for an object of a type: <see cref="SequenceClassifierMetadata"/>, the classifier itself, or one that it wraps.</summary>
    /// <param name="serviceType">The type.</param>
    /// <param name="serviceKey">A key, or null.</param>
    /// <returns>The object, or null.</returns>
    object? GetService(Type serviceType, object? serviceKey = null);
}
