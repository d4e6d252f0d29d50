using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Drafts;

/// <summary><c>drafts</c>: the trained small model with a draft model and without, in turn, by kind of question.</summary>
internal static class DraftsCommand
{
    public static Command Create()
    {
        var checkpoint = new Option<string>("--checkpoint")
        {
            Description = "The larger model's checkpoint.",
            DefaultValueFactory = _ => Path.Combine(Repository.Root, "samples", "models", "tiny-gemma-it"),
        };
        var draft = new Option<string>("--draft")
        {
            Description = "The draft model's checkpoint.",
            DefaultValueFactory = _ => Path.Combine(Repository.Root, "samples", "models", "tiny-gemma-draft"),
        };
        var layers = new Option<int[]>("--layers")
        {
            Description = "Instead: layers of the larger model that make a draft model.",
            AllowMultipleArgumentsPerToken = true,
        };
        var precision = new Option<ModelPrecision>("--precision") { Description = "Of the larger model.", DefaultValueFactory = _ => ModelPrecision.Fp32 };
        var draftPrecision = new Option<ModelPrecision>("--draft-precision") { DefaultValueFactory = _ => ModelPrecision.Int4 };
        var repeat = new Option<int>("--repeat") { Description = "Pairs of runs; the median is shown.", DefaultValueFactory = _ => 9 };
        var rounds = new Option<int>("--rounds") { Description = "How often a run asks each question.", DefaultValueFactory = _ => 20 };
        var threads = new Option<int>("--threads") { Description = "Threads of one pass; 0: chosen." };
        var kinds = new Option<string[]>("--kinds") { Description = "Only these kinds.", AllowMultipleArgumentsPerToken = true };
        var command = new Command("drafts", "Compares answers with a draft model and without.") { checkpoint, draft, layers, precision, draftPrecision, repeat,
            rounds, threads, kinds };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Directory.CreateTempSubdirectory("gemma-drafts-").FullName;
            try
            {
                var source = parsed.GetRequiredValue(checkpoint);
                var smaller = parsed.GetRequiredValue(draft);
                if (parsed.GetValue(layers) is { Length: > 0 } kept) CutCheckpoint.Write(source, smaller = Path.Combine(folder, "cut"), kept);
                var target = await ConvertAsync(source, Path.Combine(folder, "target"), parsed.GetValue(precision), cancellationToken);
                var package = await ConvertAsync(smaller, Path.Combine(folder, "draft"), parsed.GetValue(draftPrecision), cancellationToken);
                var options = new GemmaModelOptions { MaxCachedConversations = 0, Engine = new EngineOptions { Threads = parsed.GetValue(threads) } };
                Console.WriteLine("| kind | tokens | without, tokens/s | with | ratio | of the pairs: least, most | guessed | right |");
                Console.WriteLine("|---|---|---|---|---|---|---|---|");
                foreach (var (name, questions) in TaskKinds.All)
                {
                    if (parsed.GetValue(kinds) is { Length: > 0 } chosen && !chosen.Contains(name)) continue;
                    await using var alone = await GemmaModel.LoadAsync(target, options, cancellationToken: cancellationToken);
                    await using var drafted = await GemmaModel.LoadAsync(target, options with { DraftModelPath = package },
                        cancellationToken: cancellationToken);
                    string[] asked = [.. Enumerable.Repeat(questions, parsed.GetValue(rounds)).SelectMany(questions => questions)];
                    await MeasureAsync(name, asked, alone, drafted, parsed.GetValue(repeat), cancellationToken);
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static async Task<string> ConvertAsync(string checkpoint, string package, ModelPrecision precision, CancellationToken cancellationToken)
    {
        await new CheckpointConverter().ConvertAsync(checkpoint, package, new ConversionOptions { Precision = precision }, null, cancellationToken);
        return package;
    }

    private static async Task MeasureAsync(string name, string[] questions, GemmaModel alone, GemmaModel drafted, int repeat,
        CancellationToken cancellationToken)
    {
        List<double> without = [], with = [];
        var tokens = 0;

        // The first pair warms up.
        for (var i = -1; i < repeat; i++)
        {
            // Neither is always the first.
            var isFirst = i % 2 == 0;
            var (actual, draftedSeconds) = isFirst ? await AnswerAsync(drafted, questions, cancellationToken) : default;
            var (expected, seconds) = await AnswerAsync(alone, questions, cancellationToken);
            if (!isFirst) (actual, draftedSeconds) = await AnswerAsync(drafted, questions, cancellationToken);
            if (!expected.SequenceEqual(actual)) throw new InvalidOperationException($"'{name}' gets other answers with the draft model.");
            if (i < 0) continue;
            tokens = expected.Count;
            without.Add(seconds);
            with.Add(draftedSeconds);
        }

        var ratios = without.Zip(with, (a, b) => a / b).Order().ToArray();
        var statistics = drafted.Scheduler.Statistics;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {tokens} | {tokens / Statistics.Median(without):0} | {tokens / Statistics.Median(with):0} | {Statistics.Median(ratios):0.00} | "
                + $"{ratios[0]:0.00}, {ratios[^1]:0.00} | {(double)statistics.DraftedTokens / statistics.GeneratedTokens:0.00} | "
                + $"{(double)statistics.AcceptedDraftTokens / Math.Max(1, statistics.DraftedTokens):P0} |"));
    }

    // One after the other: the whole answer counts, the reading of the prompt included.
    private static async Task<(List<int> Tokens, double Seconds)> AnswerAsync(GemmaModel model, string[] questions, CancellationToken cancellationToken)
    {
        List<int> tokens = [];
        var start = Stopwatch.GetTimestamp();
        foreach (var question in questions)
        {
            var prompt = model.Tokenizer!.Encode($"<bos><start_of_turn>user\n{question}<end_of_turn>\n<start_of_turn>model\n", addSpecialTokens: false,
                recognizeControlTokens: true);
            await foreach (var update in model.GenerateAsync(prompt, cancellationToken: cancellationToken))
            {
                if (update.TokenId is { } token) tokens.Add(token);
            }
        }

        return (tokens, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }
}
