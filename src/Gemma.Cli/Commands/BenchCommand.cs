using System.CommandLine;
using System.Globalization;
using Gemma.Cli.Benchmarks;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Models;
using Gemma.Tokenization;
using Spectre.Console;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma bench</c>: how fast a package, or a released shape with random weights, runs on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create(CommandConsole console)
    {
        var package = new Argument<string?>("PACKAGE") { Description = "A model package.", Arity = ArgumentArity.ZeroOrOne };
        var shape = new Option<string?>("--shape")
        {
            Description =
                "Instead of a package: random weights in the shape 2b, 7b, 2-2b, 3-270m, 3-1b, 3-4b, embedding, 4-e2b, 4-e4b, 4-12b or "
                    + "4-26b-a4b-mini; nothing is downloaded.",
        };
        var precision = new Option<ModelPrecision>("--precision", "-p")
        {
            Description = $"With --shape: {PrecisionTraits.Names(row => row.Weights != WeightEncoding.AsStored)}.",
            DefaultValueFactory = _ => ModelPrecision.Int4,
        };
        var blockSize = new Option<int>("--block-size") { Description = "With --shape: weights per scale, 32, 64 or 128.", DefaultValueFactory = _ => 32 };
        var cache = new Option<string>("--cache")
        {
            Description = "With --shape: the folder that keeps the converted package for the next time.",
            DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "gemma-bench"),
        };
        var defaults = new BenchmarkOptions();
        var repeat = new Option<int>("--repeat") { Description = "Repetitions; medians are reported.", DefaultValueFactory = _ => defaults.Repetitions };
        var promptTokens = new Option<int>("--prompt-tokens") { Description = "Tokens of the prompt.", DefaultValueFactory = _ => defaults.PromptTokens };
        var newTokens = new Option<int>("--max-new-tokens")
        {
            Description = "Tokens generated per measurement.",
            DefaultValueFactory = _ => defaults.NewTokens,
        };
        var concurrency = new Option<int>("--concurrency") { Description = "Chats at the same time.", DefaultValueFactory = _ => defaults.Concurrency };
        var arrival = new Option<double>("--arrival")
        {
            Description = "Mean seconds between two chats that arrive at random.",
            DefaultValueFactory = _ => defaults.ArrivalSeconds,
        };
        var longPrompt = new Option<int>("--long-prompt")
        {
            Description = "Tokens of the prompt that arrives while others generate.",
            DefaultValueFactory = _ => defaults.LongPromptTokens,
        };
        var contextTokens = new Option<int[]>("--context-tokens")
        {
            Description = "With --parts context: lengths of the sequence that is measured.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. defaults.ContextTokens],
        };
        var texts = new Option<int>("--texts") { Description = "With --parts embed: how many texts.", DefaultValueFactory = _ => defaults.Texts };
        var parts = new Option<string[]>("--parts")
        {
            Description =
                $"Only these parts: {string.Join(", ", BenchmarkOptions.AllParts)}; {BenchmarkOptions.ContextPart}, which takes minutes, and "
                    + $"{BenchmarkOptions.EmbedPart} only run if they are named.",
            AllowMultipleArgumentsPerToken = true,
        };
        var draft = new Option<string?>("--draft")
        {
            Description = "A draft model: its package, or with --shape another shape; the part 'draft' measures what it wins.",
        };
        var acceptance = new Option<double?>("--acceptance")
        {
            Description = "With --draft: simulate that this share of its guesses is right, 0 to 1; random weights agree on nothing.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new Command("bench", "Measures load, prefill, decode, batches, chats, caches and memory.") { package, shape, precision, blockSize, cache,
            repeat, promptTokens, newTokens, concurrency, arrival, longPrompt, contextTokens, texts, draft, acceptance, parts,
            json };
        var engine = new EngineSymbols(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new BenchmarkOptions
            {
                Engine = engine.Options(parsed).CheckedCopy(),
                Repetitions = InRange(parsed, repeat, 1),
                PromptTokens = InRange(parsed, promptTokens, 1),
                NewTokens = InRange(parsed, newTokens, 4),
                Concurrency = InRange(parsed, concurrency, 2),
                ArrivalSeconds = Math.Max(0, parsed.GetValue(arrival)),
                LongPromptTokens = InRange(parsed, longPrompt, 1),
                ContextTokens = LengthsOf(parsed.GetRequiredValue(contextTokens)),
                Texts = InRange(parsed, texts, 1),
                Parts = PartsOf(parsed.GetValue(parts) ?? []),
            };
            var folder = parsed.GetValue(package);
            if (folder is null == parsed.GetValue(shape) is null) throw new UsageException("Give either a package or --shape.");
            if (parsed.GetValue(acceptance) is { } share && (share is not (>= 0 and <= 1) || parsed.GetValue(draft) is null))
                throw new UsageException("--acceptance is a share from 0 to 1 of the guesses of --draft.");
            if (parsed.GetValue(draft) is null && options.Parts.Contains(BenchmarkOptions.DraftPart)) throw new UsageException("--parts draft needs --draft.");
            var conversion = new ConversionOptions
            {
                Target = ConversionTargets.For(options.Engine),
                Precision = parsed.GetValue(precision),
                BlockSize = parsed.GetValue(blockSize),
                Scales = Gemma.Conversion.Quantization.ScaleChoice.AbsMax,
                Prepack = options.Engine.PrepackWeights,
                Prefill = options.Engine.UsePrefillGraph ? ModelPrecision.W8A8 : null,
            };
            if (parsed.GetValue(shape) is { } name) folder = await ShapeAsync(name);
            if (parsed.GetValue(draft) is { } other)
            {
                options = options with
                {
                    Acceptance = parsed.GetValue(acceptance),
                    Draft = await ModelPackage.OpenAsync(Directory.Exists(other) ? other : await ShapeAsync(other), cancellationToken: cancellationToken),
                };
            }

            var opened = await ModelPackage.OpenAsync(folder!, cancellationToken: cancellationToken);
            if (options is { Draft: { } pair, Acceptance: null })
            {
                var tokenizer = GemmaTokenizer.Exists(opened.Folder) ? GemmaTokenizer.Load(opened.Folder) : null;
                await DraftPackage.OpenAsync(pair.Folder, opened, tokenizer, verify: false, cancellationToken);
            }

            options = Fit(options, opened);
            var report = await ModelBenchmark.RunAsync(opened, options, part => console.Error.WriteLine($"measuring: {part}"), cancellationToken);
            if (parsed.GetValue(json)) JsonLines.Write(console.Output, report.WriteTo);
            else console.OutputTerminal.Write(ToTable(report));

            async Task<string> ShapeAsync(string name)
            {
                var folder = ShapePackage.FolderOf(parsed.GetRequiredValue(cache), name, conversion);
                if (!Directory.Exists(folder))
                    await ConversionProgressBar.RunAsync(console, progress => ShapePackage.CreateAsync(folder, name, conversion, progress, cancellationToken));
                return folder;
            }
        });
        return command;
    }

    // Small models hold less than the defaults ask for.
    private static BenchmarkOptions Fit(BenchmarkOptions options, ModelPackage package) => options with
    {
        PromptTokens = Math.Min(options.PromptTokens, package.ContextLength - 1),
        NewTokens = Math.Min(options.NewTokens, Math.Max(4, (package.ContextLength / 2) - 64)),
    };

    private static int InRange(ParseResult parsed, Option<int> option, int least) =>
        parsed.GetValue(option) is var value && value >= least ? value : throw new UsageException($"{option.Name} must be at least {least}.");

    private static int[] LengthsOf(int[] lengths) =>
        Array.TrueForAll(lengths, length => length >= 2) ? lengths : throw new UsageException("--context-tokens takes lengths of at least 2.");

    private static HashSet<string> PartsOf(string[] names)
    {
        HashSet<string> parts = [.. names.SelectMany(name => name.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        return parts.FirstOrDefault(part => !BenchmarkOptions.AllParts.Contains(part)) is { } unknown
            ? throw new UsageException($"--parts has no '{unknown}'; it has {string.Join(", ", BenchmarkOptions.AllParts)}.")
            : parts;
    }

    private static Table ToTable(BenchmarkReport report)
    {
        var table = new Table { Title = new TableTitle(Markup.Escape($"{report.Model}, {report.Engine}, {report.Threads} threads")) }.AddColumn("measure")
            .AddColumn(new TableColumn("value").RightAligned());
        foreach (var (name, value) in report.Values())
        {
            if (value is { } number) table.AddRow(name, number.ToString(Math.Abs(number) >= 1000 ? "N0" : "0.####", CultureInfo.InvariantCulture));
        }

        foreach (var point in report.Contexts)
        {
            var beside = point.Longer > 0 ? string.Create(CultureInfo.InvariantCulture, $" beside {point.Longer}") : "";
            table.AddRow(string.Create(CultureInfo.InvariantCulture, $"context of {point.Tokens}{beside}: prefill, decode, caches, process"),
                string.Create(CultureInfo.InvariantCulture,
                    $"{point.PrefillTokensPerSecond:0.0}/s, {point.DecodeTokensPerSecond:0.0}/s, {point.CacheBytes / 1e6:0} "
                        + $"MB, {point.ResidentBytes / 1e6:0} MB"));
        }
        foreach (var (sequences, speed, gain) in report.Batches)
            table.AddRow($"batch of {sequences}: tokens per second", string.Create(CultureInfo.InvariantCulture, $"{speed:0.0} ({gain:0.00} x)"));
        return table;
    }
}
