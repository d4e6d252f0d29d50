namespace Gemma.Tokenization;

// Batches.
public sealed partial class GemmaTokenizer
{
    /// <summary>Encodes texts, or pairs of texts, with padding, truncation and masks.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="textPairs">The second texts, as many as there are texts, or null. Other than in <see cref="Tokenize"/>, an empty one is a second text, as
    /// in transformers.</param>
    /// <param name="options">How to encode, or null for no padding and no truncation.</param>
    /// <exception cref="ArgumentException">A text is null, the numbers of texts differ, options contradict each other, or a pair cannot be cut as they
    /// ask.</exception>
    public BatchEncoding EncodeBatch(IReadOnlyList<string> texts, IReadOnlyList<string>? textPairs = null, BatchEncodingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (textPairs is not null && textPairs.Count != texts.Count)
            throw new ArgumentException($"There are {texts.Count} texts, but {textPairs.Count} second texts.", nameof(textPairs));
        var batch = new BatchEncoder(this, options ?? new BatchEncodingOptions());
        for (var i = 0; i < texts.Count; i++) batch.Add(i, texts[i] ?? throw new ArgumentException($"Text {i} is null.", nameof(texts)), textPairs?[i]);
        return batch.ToBatch();
    }
}
