using System.Diagnostics;
using System.Text;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;

namespace Gemma.Benchmarks.Constraints;

/// <summary>Answers of a model that knows nothing: normal scores, sampled at temperature 1.5.</summary>
internal sealed class RandomAnswers(ITokenBytes tokens)
{
    private const float Temperature = 1.5f;
    private const int StopId = 1;
    private readonly float[] _scores = new float[tokens.Count];

    // So many numbers of them are a step's scores; making new ones for each step takes longer than all else.
    private readonly float[] _noise = Noise(tokens.Count * 8);
    private readonly List<double> _milliseconds = [];

    /// <summary>The next answer, and whether it ended before its tokens ran out.</summary>
    public (string Text, bool HasEnded) Next(TokenGrammar grammar, int seed, int maxTokens)
    {
        var random = new Random(seed);
        var constraint = new TokenConstraint(grammar, [StopId], maxTokens);
        List<byte> text = [];
        for (var i = 0; i < maxTokens; i++)
        {
            _noise.AsSpan(random.Next(_noise.Length - _scores.Length), _scores.Length).CopyTo(_scores);
            var started = Stopwatch.GetTimestamp();
            constraint.Mask(_scores);
            var masked = Stopwatch.GetElapsedTime(started);
            var best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(_scores);
            started = Stopwatch.GetTimestamp();
            constraint.Accept(best);
            _milliseconds.Add((masked + Stopwatch.GetElapsedTime(started)).TotalMilliseconds);
            if (best == StopId) return (Encoding.UTF8.GetString([.. text]), true);
            text.AddRange(tokens.GetBytes(best));
            if (constraint.IsComplete) return (Encoding.UTF8.GetString([.. text]), true);
        }

        return (Encoding.UTF8.GetString([.. text]), false);
    }

    /// <summary>What the constraint took for each token so far.</summary>
    public IReadOnlyList<double> Milliseconds => _milliseconds;

    // The best of scores with Gumbel noise is a sample of their softmax.
    private static float[] Noise(int count)
    {
        var random = new Random(1);
        var noise = new float[count];
        for (var i = 0; i < count; i++) noise[i] = (Normal(random) / Temperature) - MathF.Log(-MathF.Log(Math.Max(random.NextSingle(), 1e-9f)));
        return noise;
    }

    private static float Normal(Random random) => MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());
}
