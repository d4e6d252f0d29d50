namespace Gemma.Cli.Benchmarks;

/// <summary>Order statistics of measurements.</summary>
internal static class Quantiles
{
    public static double Median(IEnumerable<double> values) => Of(values, 0.5);

    /// <summary>The value below which a share of the measurements lies; 0 for none.</summary>
    public static double Of(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0) return 0;
        var position = share * (sorted.Length - 1);
        var low = (int)position;
        return low + 1 == sorted.Length ? sorted[low] : sorted[low] + ((position - low) * (sorted[low + 1] - sorted[low]));
    }
}
