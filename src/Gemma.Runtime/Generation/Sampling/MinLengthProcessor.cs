namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Forbids stop tokens until prompt and output have a length: <c>min_length</c>, and <c>min_new_tokens</c> after adding the prompt's.</summary>
internal sealed class MinLengthProcessor(int length, IReadOnlyList<int> stopIds) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length >= length) return;
        foreach (var id in stopIds) scores.Exclude(id);
    }
}
