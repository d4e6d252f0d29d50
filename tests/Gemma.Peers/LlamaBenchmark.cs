namespace Gemma.Peers;

/// <summary>Measures what <c>gemma bench</c> measures, in its order.</summary>
internal static class LlamaBenchmark
{
    public static (double Prefill, double Decode, IReadOnlyList<(int Sequences, double Speed)> Batches) Run(LlamaModel model, int promptTokens, int newTokens,
        int repetitions, int concurrency)
    {
        List<double> prefill = [], decode = [];
        model.Prompt(promptTokens);
        for (var i = 0; i < repetitions; i++)
        {
            prefill.Add(promptTokens / model.Prompt(promptTokens));
            decode.Add(model.Generate(1, newTokens));
        }

        List<(int, double)> batches = [];
        for (var size = 1; size <= concurrency; size *= 2)
            batches.Add((size, Median(Enumerable.Range(0, repetitions).Select(_ => model.Generate(size, Math.Max(4, newTokens / 2))))));
        return (Median(prefill), Median(decode), batches);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
