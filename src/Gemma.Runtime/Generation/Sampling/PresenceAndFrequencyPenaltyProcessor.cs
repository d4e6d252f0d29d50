using System.Runtime.InteropServices;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>OpenAI's penalties: each generated token's score falls once for being there, and once for each time.</summary>
internal sealed class PresenceAndFrequencyPenaltyProcessor(double presence, double frequency, int promptLength) : LogitsProcessor
{
    private readonly Dictionary<int, int> _counts = [];

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        _counts.Clear();
        foreach (var token in tokens[promptLength..]) CollectionsMarshal.GetValueRefOrAddDefault(_counts, token, out _)++;
        var values = scores.Values;
        foreach (var (token, count) in _counts)
        {
            if ((uint)token < (uint)values.Length) values[token] -= (float)(presence + (frequency * count));
        }
    }
}
