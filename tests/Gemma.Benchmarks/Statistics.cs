namespace Gemma.Benchmarks;

/// <summary>What is reported of repeated measurements.</summary>
internal static class Statistics
{
    /// <summary>The middle value; of an even number the mean of the middle two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
