using System.Numerics.Tensors;
using Gemma.Runtime.Generation.Sampling;

namespace Gemma.Runtime.Generation.BeamSearch;

/// <summary>Collects the best continuations of all running beams, or draws some without replacement.</summary>
internal sealed class BeamCandidates(int count, RandomSource? random)
{
    private readonly List<BeamCandidate> _found = [];

    /// <summary>Adds one beam's continuations.</summary>
    /// <param name="beam">The beam's place among the running ones; beams are added in this order.</param>
    /// <param name="score">The beam's score.</param>
    /// <param name="scores">The processed log-probabilities; changed by the call.</param>
    public void Add(int beam, float score, TokenScores scores)
    {
        TensorPrimitives.Add(scores.Values, score, scores.Values);
        if (random is null && scores.Count > count) scores.KeepBest(count);
        var values = scores.Values;
        for (var i = 0; i < values.Length; i++)
        {
            if (!float.IsNegativeInfinity(values[i])) _found.Add(new BeamCandidate(Rank(values[i]), values[i], beam, scores.TokenAt(i)));
        }
    }

    /// <summary>Takes the candidates, best first, and starts anew.</summary>
    public BeamCandidate[] Take()
    {
        // Of equals the one of the first beam, and there the one with the lowest id: the sort is stable.
        BeamCandidate[] best = [.. _found.OrderByDescending(candidate => candidate.Rank).Take(count)];
        _found.Clear();
        return best;
    }

    // The best of scores with Gumbel noise are a draw without replacement from their softmax, in the order of the draws.
    private double Rank(float score) => random is null ? score : score - Math.Log(-Math.Log(Math.Max(random.NextDouble(), double.Epsilon)));
}
