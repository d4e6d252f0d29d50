using Gemma.Runtime.Inputs;

namespace Gemma.Runtime.Classification;

/// <summary>Convenience over <see cref="ISequenceClassifier"/>.</summary>
public static class SequenceClassifierExtensions
{
    /// <summary>Classifies one input.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="input">The input; a string converts.</param>
    /// <param name="options">Options, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<ClassificationResult> ClassifyAsync(this ISequenceClassifier classifier, ClassificationInput input,
        ClassificationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(input);
        return (await classifier.ClassifyAsync([input], options, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Classifies inputs and returns each with its result.</summary>
    /// <param name="classifier">The classifier.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="options">Options, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<(ClassificationInput Input, ClassificationResult Result)[]> ClassifyAndZipAsync(this ISequenceClassifier classifier,
        IEnumerable<ClassificationInput> inputs, ClassificationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(inputs);
        ClassificationInput[] list = [.. inputs];
        return [.. list.Zip(await classifier.ClassifyAsync(list, options, cancellationToken).ConfigureAwait(false))];
    }

    /// <summary>Starts a pipeline around a classifier.</summary>
    /// <param name="innerClassifier">The classifier.</param>
    public static SequenceClassifierBuilder AsBuilder(this ISequenceClassifier innerClassifier) => new(innerClassifier);

    /// <summary>Asks for an object of a type.</summary>
    /// <typeparam name="TService">The type.</typeparam>
    /// <param name="classifier">The classifier.</param>
    /// <param name="serviceKey">A key, or null.</param>
    public static TService? GetService<TService>(this ISequenceClassifier classifier, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        return classifier.GetService(typeof(TService), serviceKey) is TService service ? service : default;
    }
}
