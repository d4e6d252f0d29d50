namespace Gemma.Runtime.Generation.Sampling;

/// <summary>The best tokens of one position.</summary>
internal static class TopTokens
{
    /// <summary>The best tokens, best first; of equals the one with the lowest id.</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <param name="count">How many, at most the vocabulary.</param>
    public static TokenLogit[] Of(ReadOnlySpan<float> logits, int count)
    {
        count = Math.Min(count, logits.Length);
        if (count <= 0) return [];
        var threshold = KthLargest.Find(logits, count);
        List<TokenLogit> best = [];
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] >= threshold) best.Add(new TokenLogit(i, logits[i]));
        }

        return [.. best.OrderByDescending(token => token.Logit).Take(count)];
    }
}
