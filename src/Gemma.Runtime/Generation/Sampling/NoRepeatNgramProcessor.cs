namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Forbids every token that would complete a sequence of the given length that occurred before.</summary>
internal sealed class NoRepeatNgramProcessor(int size, int promptLength = 0) : LogitsProcessor
{
    /// <summary>Takes the sequences from the first <c>promptLength</c> tokens, or from all of them where it is 0.</summary>
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length + 1 < size) return;
        var last = tokens[(tokens.Length - size + 1)..];
        var text = promptLength > 0 ? tokens[..promptLength] : tokens;
        for (var i = 0; i + size <= text.Length; i++)
        {
            if (text.Slice(i, size - 1).SequenceEqual(last)) scores.Exclude(text[i + size - 1]);
        }
    }
}
