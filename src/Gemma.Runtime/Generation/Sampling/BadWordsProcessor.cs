namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Forbids token sequences. A stop token alone cannot be forbidden.</summary>
internal sealed class BadWordsProcessor(IReadOnlyList<IReadOnlyList<int>> words, IReadOnlyList<int> stopIds, int vocabularySize)
    : SequenceBiasProcessor("bad_words_ids", words.Where(word => word.Count != 1 || !stopIds.Contains(word[0])).Select(word => (word, float.NegativeInfinity)),
        vocabularySize);
