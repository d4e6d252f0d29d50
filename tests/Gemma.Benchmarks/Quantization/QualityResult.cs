namespace Gemma.Benchmarks.Quantization;

/// <summary>How a package's predictions differ from the exact model's.</summary>
/// <param name="Perplexity">Of the texts.</param>
/// <param name="Divergence">Kullback-Leibler divergence from the exact model's distribution, per token, in nats.</param>
/// <param name="SameArgmax">The share of tokens with the same most likely successor.</param>
/// <param name="SameAnswers">Answers that are the same, token by token.</param>
internal sealed record QualityResult(double Perplexity, double Divergence, double SameArgmax, int SameAnswers);
