using System.Buffers;
using System.Text;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Runtime.Prompts.Tools;

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
        for (var id = 0; id < tokens.Count && taste is not null; id++) tastes[id] = taste(Text(tokens.GetBytes(id)));
        for (var i = 0; i < limit; i++)
        {
            for (var id = 0; id < scores.Length; id++) scores[id] = random.NextSingle() + tastes[id];
            var wasComplete = constraint.IsComplete;
            constraint.Mask(scores);
            var best = scores.AsSpan().IndexOf(scores.Max());
            Assert.True(float.IsFinite(scores[best]), $"dead end after {Text(bytes.WrittenSpan)}");
            Assert.False(scores.AsSpan(tokens.Count).ContainsAnyExcept(float.NegativeInfinity));
            if (wasComplete) Assert.True(tokens.IsSpecial(best));
            constraint.Accept(best);
            if (tokens.IsSpecial(best)) return Text(bytes.WrittenSpan);
            bytes.Write(tokens.GetBytes(best));
        }

        return null;
    }

    /// <summary>The text of bytes, with the characters that stand for control tokens.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var mark = bytes.IndexOf(ReplyMarks.NoUtf8);
        return mark < 0 || mark + 1 == bytes.Length
            ? Encoding.UTF8.GetString(bytes)
            : Encoding.UTF8.GetString(bytes[..mark]) + (char)(ReplyMarks.First + bytes[mark + 1]) + Text(bytes[(mark + 2)..]);
    }
}
