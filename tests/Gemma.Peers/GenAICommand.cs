using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace Gemma.Peers;

/// <summary><c>genai</c>: figures of <c>gemma bench --json</c> of the same package, computed by ONNX Runtime GenAI's own generator.</summary>
internal static class GenAICommand
{
    private const int WarmPrompt = 32;

    public static Command Create()
    {
        var package = new Argument<string>("PACKAGE") { Description = "The package." };
        var command = new Command("genai", "Measures load, prefill, decode and batches with ONNX Runtime GenAI.") { package };
        PeerOptions.AddTo(command);
        command.SetAction(parsed => Measure(parsed.GetRequiredValue(package), new PeerOptions(parsed)).Print());
        return command;
    }

    private static PeerReport Measure(string folder, PeerOptions options)
    {
        using var handle = new OgaHandle();
        var start = Stopwatch.GetTimestamp();
        using var config = new Config(folder);
        if (options.Threads > 0)
            config.Overlay($$"""{ "model": { "decoder": { "session_options": { "intra_op_num_threads": {{options.Threads}} } } } }""");
        using var model = new Model(config);
        var load = Stopwatch.GetElapsedTime(start).TotalSeconds;
        List<double> prefill = [], decode = [];
        Prompt(model, options.PromptTokens);
        for (var i = 0; i < options.Repetitions; i++)
        {
            prefill.Add(options.PromptTokens / Prompt(model, options.PromptTokens));
            decode.Add(Generate(model, 1, options.NewTokens));
        }

        List<(int, double)> batches = [];
        for (var size = 1; size <= options.Concurrency; size *= 2)
        {
            batches.Add((size,
                LlamaBenchmark.Median(Enumerable.Range(0, options.Repetitions).Select(_ => Generate(model, size, Math.Max(4, options.NewTokens / 2))))));
        }

        return new PeerReport("ONNX Runtime GenAI", load)
        {
            Prefill = LlamaBenchmark.Median(prefill),
            Decode = LlamaBenchmark.Median(decode),
            Batches = batches,
        };
    }

    private static double Prompt(Model model, int count)
    {
        using var parameters = Parameters(model, 1, count + 1);
        using var generator = new Generator(model, parameters);
        var tokens = Tokens(count, 1);
        var start = Stopwatch.GetTimestamp();
        generator.AppendTokens(tokens);
        generator.GenerateNextToken();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Tokens per second of all sequences together. The first token comes with the prompt's logits, the second warms up.
    private static double Generate(Model model, int sequences, int count)
    {
        using var parameters = Parameters(model, sequences, WarmPrompt + count + 2);
        using var generator = new Generator(model, parameters);
        generator.AppendTokens(Enumerable.Range(0, sequences).SelectMany(sequence => Tokens(WarmPrompt, sequence)).ToArray());
        for (var i = 0; i < 2; i++) generator.GenerateNextToken();
        var start = Stopwatch.GetTimestamp();
        for (var step = 0; step < count; step++) generator.GenerateNextToken();
        return sequences * count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static GeneratorParams Parameters(Model model, int sequences, int length)
    {
        var parameters = new GeneratorParams(model);
        parameters.SetSearchOption("batch_size", sequences);
        parameters.SetSearchOption("max_length", length);
        parameters.SetSearchOption("min_length", length);
        parameters.SetSearchOption("do_sample", false);
        return parameters;
    }

    private static int[] Tokens(int count, int seed)
    {
        // Any ids of all vocabularies do.
        var random = new Random(seed);
        return [2, .. Enumerable.Range(1, Math.Max(0, count - 1)).Select(_ => random.Next(3, 256_000))];
    }
}
