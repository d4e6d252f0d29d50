using System.Buffers;
using System.Text;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>Generates text under a constraint as a model would that knows nothing: the best of random scores.</summary>
internal static class RandomText
{
    /// <summary>Generates until the stop id; null if the limit comes first. Every mask must leave an id, and its choice must be accepted.</summary>
    public static string? Generate(ITokenConstraint constraint, ITokenBytes tokens, int seed, int limit, Func<string, float>? taste = null)
    {
        var random = new Random(seed);
        var bytes = new ArrayBufferWriter<byte>();
        var scores = new float[tokens.Count + 5];
        var tastes = new float[scores.Length];
        for (var id = 0; id < tokens.Count && taste is not null; id++) tastes[id] = taste(Encoding.UTF8.GetString(tokens.GetBytes(id)));
        for (var i = 0; i < limit; i++)
        {
            for (var id = 0; id < scores.Length; id++) scores[id] = random.NextSingle() + tastes[id];
            var wasComplete = constraint.IsComplete;
            constraint.Mask(scores);
            var best = scores.AsSpan().IndexOf(scores.Max());
            Assert.True(float.IsFinite(scores[best]), $"dead end after {Encoding.UTF8.GetString(bytes.WrittenSpan)}");
            Assert.False(scores.AsSpan(tokens.Count).ContainsAnyExcept(float.NegativeInfinity));
            if (wasComplete) Assert.True(tokens.IsSpecial(best));
            constraint.Accept(best);
            if (tokens.IsSpecial(best)) return Encoding.UTF8.GetString(bytes.WrittenSpan);
            bytes.Write(tokens.GetBytes(best));
        }

        return null;
    }
}
