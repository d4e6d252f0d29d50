namespace Gemma.Benchmarks.Quantization;

/// <summary>How a package's predictions differ from the exact model's.</summary>
/// <param name="Perplexity">Of the texts.</param>
/// <param name="Divergence">Kullback-Leibler divergence from the exact model's distribution, per token, in nats.</param>
/// <param name="SameArgmax">The share of tokens with the same most likely successor.</param>
/// <param name="SameAnswers">Answers that are the same, token by token.</param>
internal sealed record QualityResult(double Perplexity, double Divergence, double SameArgmax, int SameAnswers)
{
    /// <summary>The median of each figure; of an even number the upper one.</summary>
    public static QualityResult Median(IReadOnlyList<QualityResult> results)
    {
        return new QualityResult(Middle(result => result.Perplexity), Middle(result => result.Divergence), Middle(result => result.SameArgmax),
            Middle(result => result.SameAnswers));

        T Middle<T>(Func<QualityResult, T> figure) => results.Select(figure).Order().ElementAt(results.Count / 2);
    }
}
