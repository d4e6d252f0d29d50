using System.Diagnostics;

namespace Gemma.Peers;

/// <summary>Measures what <c>gemma bench</c> measures, in its order.</summary>
internal static class LlamaBenchmark
{
    /// <summary>A generator's prompts, tokens and batches.</summary>
    public static PeerReport Generate(LlamaModel model, PeerOptions options)
    {
        List<double> prefill = [], decode = [];
        model.Prompt(options.PromptTokens);
        for (var i = 0; i < options.Repetitions; i++)
        {
            prefill.Add(options.PromptTokens / model.Prompt(options.PromptTokens));
            decode.Add(model.Generate(1, options.NewTokens));
        }

        List<(int, double)> batches = [];
        for (var size = 1; size <= options.Concurrency; size *= 2)
            batches.Add((size, Median(Enumerable.Range(0, options.Repetitions).Select(_ => model.Generate(size, Math.Max(4, options.NewTokens / 2))))));
        return new PeerReport("LLamaSharp", model.LoadSeconds) { Prefill = Median(prefill), Decode = Median(decode), Batches = batches };
    }

    /// <summary>An embedder's texts, as many in a pass as it takes.</summary>
    public static PeerReport Embed(LlamaModel model, PeerOptions options)
    {
        var texts = Enumerable.Range(0, options.Texts).Select(i => model.Tokens(PeerOptions.TextLength(i), i)).ToArray();
        List<int[][]> passes = [];
        for (var first = 0; first < texts.Length; first += passes[^1].Length)
        {
            var room = model.PassTokens;
            passes.Add([.. texts.Skip(first).Take(options.Concurrency).TakeWhile(text => (room -= text.Length) >= 0)]);
        }

        List<double> speeds = [];
        for (var i = -1; i < options.Repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var pass in passes) model.Embed(pass);
            if (i >= 0) speeds.Add(texts.Sum(text => text.Length) / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return new PeerReport("LLamaSharp", model.LoadSeconds) { Embed = Median(speeds) };
    }

    /// <summary>The middle value.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
