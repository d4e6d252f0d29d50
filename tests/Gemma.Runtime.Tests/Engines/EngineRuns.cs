using System.Numerics.Tensors;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Sampling;

namespace Gemma.Runtime.Tests.Engines;

/// <summary>Short ways to drive an engine.</summary>
internal static class EngineRuns
{
    /// <summary>Runs tokens in a sequence and returns the last position's logits.</summary>
    public static float[] Run(this IInferenceEngine engine, IEngineSequence sequence, params int[] tokens)
    {
        engine.Run([new EngineInput(sequence, tokens)], TestContext.Current.CancellationToken);
        return sequence.Logits.ToArray();
    }

    /// <summary>Runs pieces in a sequence of their own.</summary>
    public static float[] Fresh(this IInferenceEngine engine, params int[] tokens)
    {
        using var sequence = engine.CreateSequence();
        return engine.Run(sequence, tokens);
    }

    /// <summary>Greedy ids, chosen by the engine if it can, up to a count or a stop token, which is among them but not in the sequence.</summary>
    public static int[] Greedy(this IInferenceEngine engine, IEngineSequence sequence, int[] prompt, int count, params int[] stops) =>
        engine.Generate(sequence, prompt, count, stops, SamplingParameters.Greedy, (logits, _) => TensorPrimitives.IndexOfMax(logits));

    /// <summary>Ids that a selector chooses.</summary>
    public static int[] Generate(this IInferenceEngine engine, int[] prompt, int count, TokenSelector selector)
    {
        using var sequence = engine.CreateSequence();
        return engine.Generate(sequence, prompt, count, [], selector.Sampling, selector.Select);
    }

    public static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (!(MathF.Abs(expected[i] - actual[i]) <= tolerance)) Assert.Fail($"{what}: value {i} is {actual[i]}, expected {expected[i]}.");
        }
    }

    private static int[] Generate(this IInferenceEngine engine, IEngineSequence sequence, int[] prompt, int count, int[] stops, SamplingParameters? sampling,
        Choice choose)
    {
        List<int> all = [.. prompt];
        int[] next = prompt;
        while (all.Count < prompt.Length + count && (all.Count == prompt.Length || !stops.Contains(all[^1])))
        {
            engine.Run([new EngineInput(sequence, next, Sampling: sampling)], TestContext.Current.CancellationToken);
            all.Add(sequence.SampledToken ?? choose(sequence.Logits, all.ToArray()));
            next = [all[^1]];
        }

        return [.. all.Skip(prompt.Length)];
    }

    private delegate int Choice(ReadOnlySpan<float> logits, ReadOnlySpan<int> tokens);
}
