namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Keeps the best tokens whose summed entropy stays within a share of that of the 100 best.</summary>
/// <remarks>Source: "Top-H Decoding", NeurIPS 2025.</remarks>
internal sealed class TopHProcessor(double share) : LogitsProcessor
{
    private const int MaxTokens = 100;
    private readonly TopKProcessor _best = new(MaxTokens);
    private readonly float[] _terms = new float[MaxTokens];

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        _best.Process(scores, tokens);
        var keys = scores.Scratch();
        scores.Values.CopyTo(keys);
        var order = scores.SortAscending(keys);
        var count = Math.Min(MaxTokens, order.Length);
        if (count == 0) return;
        Span<float> best = stackalloc float[MaxTokens];
        best = best[..count];
        for (var i = 0; i < count; i++) best[i] = keys[^(i + 1)];
        Softmax.Compute(best, best);
        var total = 0f;
        for (var i = 0; i < count; i++)
        {
            _terms[i] = -best[i] * MathF.Log(best[i]);
            if (best[i] > 0) total += _terms[i];
        }

        var (kept, sum) = (1, (double)_terms[0]);
        while (kept < count && (float)(sum + _terms[kept]) <= total * (float)share) sum += _terms[kept++];
        scores.Keep(order[^kept..]);
    }
}
