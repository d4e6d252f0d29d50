namespace Gemma.Conversion.Tests.Packaging;

/// <summary>Compares numbers within the goldens' tolerance, from their README.</summary>
internal static class GoldenAssert
{
    /// <summary>The largest difference beside rounding of large numbers.</summary>
    public const float Tolerance = 2e-4f;

    /// <returns>The largest difference.</returns>
    public static float Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what, float tolerance = Tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = 0f;
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = MathF.Abs(expected[i] - actual[i]);
            Assert.True(difference <= tolerance + (1e-5f * MathF.Abs(expected[i])), $"{what}: element {i} is {actual[i]} instead of {expected[i]}");
            largest = Math.Max(largest, difference);
        }

        return largest;
    }
}
