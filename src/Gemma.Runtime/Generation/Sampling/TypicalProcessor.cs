namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Keeps the tokens whose information is closest to the distribution's entropy, up to a probability mass.</summary>
/// <remarks>Source: Meister et al., "Typical Decoding for Natural Language Generation", 2022.</remarks>
internal sealed class TypicalProcessor(double mass, int minTokensToKeep = 1) : LogitsProcessor
{
    private readonly float _mass = (float)mass;

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (scores.Count == 0) return;
        var values = scores.Values;
        var keys = scores.Scratch();
        var logSum = (float)Softmax.LogSumExp(values, keys);
        var entropy = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var log = values[i] - logSum;
            keys[i] = log;
            if (!float.IsNegativeInfinity(log)) entropy -= log * MathF.Exp(log);
        }

        for (var i = 0; i < keys.Length; i++) keys[i] = MathF.Abs(-keys[i] - (float)entropy);
        var order = scores.SortAscending(keys);
        var (last, sum) = (0, 0.0);
        for (; last < order.Length; last++)
        {
            sum += MathF.Exp(values[order[last]] - logSum);
            if ((float)sum >= _mass) break;
        }

        var limit = keys[Math.Min(last, order.Length - 1)];
        var kept = Math.Min(minTokensToKeep, order.Length);
        while (kept < order.Length && keys[kept] <= limit) kept++;
        scores.Keep(order[..kept]);
    }
}
