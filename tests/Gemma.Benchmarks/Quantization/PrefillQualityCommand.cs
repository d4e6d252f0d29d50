using System.CommandLine;
using System.Globalization;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Quantization;

/// <summary>
/// <c>prefill-quality</c>: what reading prompts with a package's 8-bit graph costs: perplexity of the second half of texts whose first half either graph has
/// read.
/// </summary>
internal static class PrefillQualityCommand
{
    public static Command Create()
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint folder with a tokenizer." };
        var text = new Option<string>("--text") { Description = "A text file; lines that are %% separate texts.", Required = true };
        var tokens = new Option<int>("--tokens") { Description = "The most tokens of text.", DefaultValueFactory = _ => 20_000 };
        var command = new Command("prefill-quality", "Measures what prompts in 8 bits cost.") { checkpoint, text, tokens };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetRequiredValue(checkpoint), parsed.GetRequiredValue(text), parsed.GetValue(tokens), cancellationToken));
        return command;
    }

    private static async Task RunAsync(string checkpoint, string textFile, int maxTokens, CancellationToken cancellationToken)
    {
        var texts = QualityText.Load(checkpoint, textFile, null, maxTokens).Texts.Where(ids => ids.Length >= 4).ToArray();
        Console.WriteLine($"{texts.Sum(ids => ids.Length - (ids.Length / 2))} tokens in the second halves of {texts.Length} texts");
        Console.WriteLine("| weights | block | head | first half in 4 bits | first half in 8 bits | difference of the mean loss, and its standard error |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var block in (int[])[32, 64, 128])
        {
            foreach (var head in (int[])[4, 8])
            {
                var folder = Directory.CreateTempSubdirectory("gemma-prefill-").FullName;
                try
                {
                    var path = Path.Combine(folder, "package");
                    var options = new ConversionOptions
                    {
                        Precision = ModelPrecision.Int4,
                        BlockSize = block,
                        LmHeadBits = head,
                        Prefill = ModelPrecision.W8A8,
                    };
                    await new CheckpointConverter().ConvertAsync(checkpoint, path, options, null, cancellationToken);
                    var package = await ModelPackage.OpenAsync(path, verify: false, cancellationToken);
                    var (main, prefill) = (Losses(package, false, texts, cancellationToken), Losses(package, true, texts, cancellationToken));
                    double[] differences = [.. prefill.Zip(main, (a, b) => a - b)];
                    var mean = differences.Average();
                    var error = Math.Sqrt(differences.Sum(value => (value - mean) * (value - mean)) / differences.Length / differences.Length);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"| int4 | {block} | {head} | {Math.Exp(main.Average()):F4} | {Math.Exp(prefill.Average()):F4} | {mean:F5} ± {error:F5} |"));
                }
                finally
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
        }
    }

    // Of every token of the second halves.
    private static List<double> Losses(ModelPackage package, bool usePrefillGraph, int[][] texts, CancellationToken cancellationToken)
    {
        using var engine = EngineFactory.Create(package, new EngineOptions { Kind = GemmaEngine.OnnxRuntime, UsePrefillGraph = usePrefillGraph });
        var vocabulary = engine.Info.VocabularySize;
        var scratch = new float[vocabulary];
        List<double> losses = [];
        foreach (var ids in texts)
        {
            using var sequence = engine.CreateSequence();
            var half = ids.Length / 2;
            engine.Run([new EngineInput(sequence, ids.AsMemory(0, half), 0)], cancellationToken);
            engine.Run([new EngineInput(sequence, ids.AsMemory(half, ids.Length - half - 1), ids.Length - half - 1)], cancellationToken);
            for (var i = half + 1; i < ids.Length; i++)
            {
                var logits = sequence.Logits.Slice((i - half - 1) * vocabulary, vocabulary);
                losses.Add(Softmax.LogSumExp(logits, scratch) - logits[ids[i]]);
            }
        }

        return losses;
    }
}
