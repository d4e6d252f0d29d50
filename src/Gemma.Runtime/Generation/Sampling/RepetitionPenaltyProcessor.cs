namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Makes every token that occurred less likely, once, however often it occurred; left padding does not count.</summary>
internal sealed class RepetitionPenaltyProcessor(double penalty, int vocabularySize, int leftPadding = 0) : LogitsProcessor
{
    private readonly float _penalty = (float)penalty;
    private readonly TokenSet _seen = new(vocabularySize);

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        tokens = tokens[leftPadding..];
        var values = scores.Values;
        foreach (var token in tokens)
        {
            if (!_seen.Add(token)) continue;
            ref var value = ref values[token];
            value = value < 0 ? value * _penalty : value / _penalty;
        }

        _seen.Remove(tokens);
    }
}
