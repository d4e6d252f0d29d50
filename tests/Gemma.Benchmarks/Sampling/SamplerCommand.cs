using System.CommandLine;
using System.Diagnostics;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Benchmarks.Sampling;

/// <summary><c>sampler</c>: time and allocation of one choice among the 256,000 tokens of the real vocabulary, on one thread.</summary>
internal static class SamplerCommand
{
    private const int VocabularySize = 256_000;
    private const int PromptLength = 1024;
    private const int Steps = 300;

    private static readonly (string Name, GenerationConfig Config)[] Cases =
    [
        ("greedy", new()),
        ("greedy, repetition_penalty 1.1", new() { RepetitionPenalty = 1.1 }),
        ("top_k 50", Sampling(50)),
        ("top_k 64, top_p 0.95", Sampling(64) with { TopP = 0.95 }),
        ("temperature 0.8, top_k 40, top_p 0.9", Sampling(40) with { Temperature = 0.8, TopP = 0.9 }),
        ("top_k 1000, top_p 0.9", Sampling(1000) with { TopP = 0.9 }),
        ("top_p 0.9 alone", Sampling(0) with { TopP = 0.9 }),
        ("min_p 0.05 alone", Sampling(0) with { MinP = 0.05 }),
        ("no truncation", Sampling(0)),
        ("temperature, top_k, top_p, all penalties", Sampling(50) with
        {
            Temperature = 0.8,
            TopP = 0.95,
            RepetitionPenalty = 1.1,
            NoRepeatNgramSize = 3,
            PresencePenalty = 0.5,
            FrequencyPenalty = 0.2,
        }),
    ];

    public static Command Create()
    {
        var command = new Command("sampler", "Measures the choice of a token.");
        command.SetAction(_ => Run());
        return command;
    }

    private static GenerationConfig Sampling(int topK) => new() { DoSample = true, TopK = topK, Seed = 1 };

    private static void Run()
    {
        // A likely few and a broad rest, as a language model has them.
        var random = new Random(1);
        var logits = new float[VocabularySize];
        for (var i = 0; i < logits.Length; i++)
            logits[i] = (float)(3 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        for (var i = 0; i < 200; i++) logits[random.Next(VocabularySize)] += 12;
        int[] tokens = [.. Enumerable.Range(0, PromptLength + 256).Select(_ => random.Next(VocabularySize))];

        var table = new Table().AddColumns("options", "median ms", "slowest ms", "bytes per token");
        foreach (var (name, config) in Cases)
        {
            var (median, slowest, bytes) = Measure(config, logits, tokens);
            table.AddRow(name, $"{median:F3}", $"{slowest:F3}", $"{bytes:F0}");
        }

        AnsiConsole.Write(table);
    }

    private static (double Median, double Slowest, double Bytes) Measure(GenerationConfig config, float[] logits, int[] tokens)
    {
        var selector = new TokenSelector(config, VocabularySize, PromptLength, [1]);
        for (var i = 0; i < 30; i++) selector.Select(logits, tokens);
        var times = new double[Steps];
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Steps; i++)
        {
            var start = Stopwatch.GetTimestamp();
            selector.Select(logits, tokens);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Array.Sort(times);
        return (times[Steps / 2], times[^1], (double)allocated / Steps);
    }
}
