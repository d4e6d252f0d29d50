using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Packaging;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma convert</c>: checkpoint to model package.</summary>
internal static class ConvertCommand
{
    public static Command Create(CommandConsole console)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A Hugging Face folder, or one weight file." };
        var output = new Option<string>("--output", "-o") { Description = "The package folder to create.", Required = true };
        var precision = new Option<ModelPrecision>("--precision", "-p") { Description = "fp32, fp16, bf16, int8 or int4.", DefaultValueFactory = _ => ModelPrecision.Int4 };
        var blockSize = new Option<int>("--block-size") { Description = "Weights per scale: 32, 64 or 128.", DefaultValueFactory = _ => 32 };
        var config = new Option<string?>("--config") { Description = "A config.json to use instead of the checkpoint's." };
        var force = new Option<bool>("--force") { Description = "Replace an existing package." };
        var command = new Command("convert", "Converts a checkpoint to a model package.") { checkpoint, output, precision, blockSize, config, force };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new ConversionOptions
            {
                Precision = parsed.GetValue(precision),
                BlockSize = parsed.GetValue(blockSize),
                ConfigPath = parsed.GetValue(config),
                Overwrite = parsed.GetValue(force),
            };
            var converter = new CheckpointConverter(new TerminalLogger(console.Error, parsed.GetValue<bool>("--verbose")));
            await ConversionProgressBar.RunAsync(console, progress => converter.ConvertAsync(parsed.GetRequiredValue(checkpoint), parsed.GetRequiredValue(output), options, progress, cancellationToken));
        });
        return command;
    }
}
