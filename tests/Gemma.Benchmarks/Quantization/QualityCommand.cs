using System.CommandLine;
using System.Globalization;
using Gemma.Conversion;
using Gemma.Conversion.Quantization;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Quantization;

/// <summary>
/// <c>quality</c>: what each way of quantising a checkpoint costs, as a Markdown table: perplexity of a text, divergence from fp32, answers that stay the same.
/// </summary>
internal static class QualityCommand
{
    public static Command Create()
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint folder with a tokenizer." };
        var text = new Option<string>("--text") { Description = "A text file; lines that are %% separate texts.", Required = true };
        var goldens = new Option<string?>("--goldens") { Description = "A JSON file with prompts and the answers that fp32 gives to them." };
        var tokens = new Option<int>("--tokens") { Description = "The most tokens of text.", DefaultValueFactory = _ => 20_000 };
        var only = new Option<string?>("--only") { Description = "Only rows whose name contains this." };
        var seeds = new Option<int>("--seeds") { Description = "Calibration texts that are tried; each figure is their median.", DefaultValueFactory = _ => 1 };
        var command = new Command("quality", "Measures what quantisation costs.") { checkpoint, text, goldens, tokens, only, seeds };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(checkpoint), parsed.GetRequiredValue(text), parsed.GetValue(goldens), parsed.GetValue(tokens),
                parsed.GetValue(only), parsed.GetValue(seeds), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string checkpoint, string textFile, string? goldens, int maxTokens, string? only, int seeds,
        CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("gemma-quality-").FullName;
        try
        {
            var text = QualityText.Load(checkpoint, textFile, goldens, maxTokens);
            using var reference = await MeasuredPackage.CreateAsync(checkpoint, Path.Combine(folder, "fp32"), new ConversionOptions
            {
                Precision = ModelPrecision.Fp32,
            }, cancellationToken);
            reference.WriteReference(text, cancellationToken);
            Console.WriteLine($"{text.Tokens} tokens in {text.Texts.Count} texts, {text.Answers.Count} answers");
            Console.WriteLine("| weights | scales | zero points | block | head | MB | perplexity | KL | same argmax | same answers |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
            foreach (var options in Variants())
            {
                var name = Name(options);
                if (only is not null && !name.Contains(only, StringComparison.OrdinalIgnoreCase)) continue;
                List<QualityResult> results = [];
                var bytes = 0L;
                for (var seed = 0; seed < (options.Calibration is null ? 1 : seeds); seed++)
                {
                    using var package = await MeasuredPackage.CreateAsync(checkpoint, Path.Combine(folder, "variant"), options with
                    {
                        CalibrationSeed = seed,
                    }, cancellationToken);
                    results.Add(package.Measure(text, cancellationToken));
                    bytes = package.Bytes;
                }

                var result = QualityResult.Median(results);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {name} | {bytes / 1e6:F2} | {result.Perplexity:F4} | {result.Divergence:F5} | {result.SameArgmax:P1} "
                        + $"| {result.SameAnswers}/{text.Answers.Count} |"));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<ConversionOptions> Variants()
    {
        yield return new ConversionOptions { Precision = ModelPrecision.Fp32 };
        yield return new ConversionOptions { Precision = ModelPrecision.Bf16 };
        yield return new ConversionOptions { Precision = ModelPrecision.Int8 };
        yield return new ConversionOptions { Precision = ModelPrecision.W8A8 };
        foreach (var block in (int[])[32, 64, 128])
        {
            foreach (var head in (int[])[4, 8])
            {
                var options = new ConversionOptions { Precision = ModelPrecision.Int4, BlockSize = block, LmHeadBits = head };
                yield return options with { Scales = ScaleChoice.AbsMax };
                yield return options;
                yield return options with { ZeroPoints = true };
                yield return options with { Calibration = "self" };
                yield return options with { Calibration = "self", ZeroPoints = true };
            }
        }
    }

    private static string Name(ConversionOptions options)
    {
        var isInteger = options.Precision is ModelPrecision.Int4 or ModelPrecision.Int8;
        var scales = !isInteger ? "" : options.Calibration is not null ? "calibrated" : options.Scales == ScaleChoice.Search ? "search" : "absmax";
        return $"{options.Precision?.ToString().ToLowerInvariant()} | {scales} | {(options.ZeroPoints ? "yes" : "")} "
            + $"| {(isInteger ? options.BlockSize : "")} | {options.LmHeadBits}";
    }
}
