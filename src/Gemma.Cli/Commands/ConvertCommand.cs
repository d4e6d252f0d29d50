using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Conversion.Quantization;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma convert</c>: checkpoint to model package.</summary>
internal static class ConvertCommand
{
    public static Command Create(CommandConsole console)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A Hugging Face folder, a GGUF file, or one weight file." };
        var output = new Option<string>("--output", "-o") { Description = "The package folder to create.", Required = true };
        var precision = new Option<ModelPrecision?>("--precision", "-p")
        {
            Description = $"{PrecisionTraits.Names(_ => true)} (as the checkpoint has it); default: int4, for a GGUF file keep.",
        };
        var blockSize = new Option<int>("--block-size") { Description = "Weights per scale: 32, 64 or 128.", DefaultValueFactory = _ => 32 };
        var zeroPoints = new Option<bool>("--zero-points") { Description = "Give every block of integers a zero point: more exact at the same speed." };
        var lmHeadBits = new Option<int?>("--lm-head-bits", "--quantize-head")
        {
            Description = "Bits of embedding and lm_head: 4 or 8; default: as the other weights.",
        };
        var scales = new Option<ScaleChoice>("--scales")
        {
            Description = "How blocks of integers get their scales: search (least squared error) or absmax.",
            DefaultValueFactory = _ => ScaleChoice.Search,
        };
        var calibration = new Option<string?>("--calibrate")
        {
            Description = "Calibrate int4 or int8 weights (GPTQ): 'self' lets the model write the text, or a text file.",
        };
        var prefill = new Option<ModelPrecision?>("--prefill")
        {
            Description = $"Add a second graph for prompts: {PrecisionTraits.Names(row => row.IsForPrompts)}.",
        };
        var prepack = new Option<bool>("--prepack") { Description = "Also keep the weights as packed for this processor: processes share them." };
        var report = new Option<bool>("--report") { Description = "Print the error that quantisation leaves in each matrix." };
        var json = new Option<bool>("--json") { Description = "With --report: print one JSON object." };
        var target = new Option<ConversionTarget>("--target")
        {
            Description = "cpu (computes in float) or cuda (float16 or bfloat16).",
            DefaultValueFactory = _ => ConversionTarget.Cpu,
        };
        var activations = new Option<ModelPrecision?>("--activations")
        {
            Description = $"{PrecisionTraits.Names(row => row.IsNumberType)}; default: by target and precision.",
        };
        var heads = new Option<string[]>("--head")
        {
            Description = "A classification head to put over the backbone: FOLDER or FOLDER=name; several are possible.",
        };
        var config = new Option<string?>("--config") { Description = "A config.json to use instead of the checkpoint's." };
        var lora = new Option<string?>("--lora") { Description = "A LoRA adapter to merge into the weights: a folder (PEFT) or a GGUF file." };
        var chatTemplate = new Option<string?>("--chat-template")
        {
            Description = "A chat template instead of the checkpoint's: a file, or gemma1, gemma2, gemma3 or chatml.",
        };
        var noChatTemplate = new Option<bool>("--no-chat-template") { Description = "Leave the checkpoint's chat template out." };
        var force = new Option<bool>("--force") { Description = "Replace an existing package; nothing else is ever replaced." };
        var command = new Command("convert", "Converts a checkpoint to a model package.") { checkpoint, output, precision, blockSize, zeroPoints, lmHeadBits,
            scales, calibration, prefill, prepack, report, json, target, activations, heads, config, lora, chatTemplate, noChatTemplate, force };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new ConversionOptions
            {
                Precision = parsed.GetValue(precision),
                BlockSize = parsed.GetValue(blockSize),
                ZeroPoints = parsed.GetValue(zeroPoints),
                LmHeadBits = parsed.GetValue(lmHeadBits),
                Scales = parsed.GetValue(scales),
                Calibration = parsed.GetValue(calibration),
                Prefill = parsed.GetValue(prefill),
                Prepack = parsed.GetValue(prepack),
                Report = parsed.GetValue(report) ? new QuantizationReport() : null,
                Target = parsed.GetValue(target),
                Activations = parsed.GetValue(activations),
                Heads = [.. (parsed.GetValue(heads) ?? []).Select(HeadSource.Parse)],
                ConfigPath = parsed.GetValue(config),
                LoraPath = parsed.GetValue(lora),
                ChatTemplate = parsed.GetValue(chatTemplate),
                NoChatTemplate = parsed.GetValue(noChatTemplate),
                Overwrite = parsed.GetValue(force),
            };
            var package = parsed.GetRequiredValue(output);
            var source = parsed.GetRequiredValue(checkpoint);
            var logger = new TerminalLogger(console.Error, parsed.GetValue<bool>("--verbose"));
            EnsureTarget(new PackageTarget(package, [source], options), logger);
            await ConversionProgressBar.RunAsync(console,
                progress => new CheckpointConverter(logger).ConvertAsync(source, package, options, progress, cancellationToken));
            if (options.Report is { } errors) QuantizationReportWriter.Write(console, errors, parsed.GetValue(json));
        });
        return command;
    }

    // Where the package goes was said on the command line.
    private static void EnsureTarget(PackageTarget target, ILogger logger)
    {
        try
        {
            target.Prepare(logger);
        }
        catch (IOException e)
        {
            throw new UsageException(e.Message, e);
        }
    }
}
