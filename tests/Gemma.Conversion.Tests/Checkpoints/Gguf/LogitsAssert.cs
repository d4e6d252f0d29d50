using System.Text.Json;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>Compares logits with what a golden says about them: all, or the largest of the last position.</summary>
internal static class LogitsAssert
{
    private const float TopTolerance = 1e-3f;

    /// <returns>The largest difference.</returns>
    public static float Close(JsonElement golden, ReadOnlySpan<float> logits, string what, float tolerance = 2e-4f)
    {
        var vocabulary = logits.Length / golden.GetProperty("ids").GetArrayLength();
        var largest = 0f;
        if (golden.TryGetProperty("reference", out var reference))
        {
            var expected = reference.GetProperty("data").EnumerateArray().Select(number => (float)number.GetDouble()).ToArray();
            var positions = golden.TryGetProperty("positions", out var some)
                ? some.EnumerateArray().Select(position => position.GetInt32()).ToArray()
                : [.. Enumerable.Range(0, logits.Length / vocabulary)];
            Assert.Equal(expected.Length, positions.Length * vocabulary);
            for (var i = 0; i < expected.Length; i++)
            {
                Check(expected[i], logits[(positions[i / vocabulary] * vocabulary) + (i % vocabulary)], tolerance,
                    $"position {positions[i / vocabulary]}, id {i % vocabulary}");
            }
            return largest;
        }

        var last = logits[^vocabulary..];
        foreach (var pair in golden.GetProperty(golden.TryGetProperty("top20_last", out _) ? "top20_last" : "top20").EnumerateArray())
            Check((float)pair[1].GetDouble(), last[pair[0].GetInt32()], Math.Max(tolerance, TopTolerance), $"id {pair[0]}");
        return largest;

        void Check(float expected, float actual, float allowed, string where)
        {
            var difference = MathF.Abs(expected - actual);
            Assert.True(difference <= allowed + (1e-5f * MathF.Abs(expected)), $"{what}: {where} is {actual} instead of {expected}");
            largest = Math.Max(largest, difference);
        }
    }
}
