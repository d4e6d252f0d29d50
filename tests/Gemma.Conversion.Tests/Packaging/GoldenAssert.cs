namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Compares numbers within the goldens' tolerance, from their README.</summary>
internal static class GoldenAssert
{
    /// <returns>The largest difference.</returns>
    public static float Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = 0f;
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = MathF.Abs(expected[i] - actual[i]);
            Assert.True(difference <= 2e-4f + (1e-5f * MathF.Abs(expected[i])), $"{what}: element {i} is {actual[i]} instead of {expected[i]}");
            largest = Math.Max(largest, difference);
        }

        return largest;
    }
}
