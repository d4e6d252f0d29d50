using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Inspection;
using Gemma.Runtime.Engines.Selection;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma info</c>: what a checkpoint or package is and takes.</summary>
internal static class InfoCommand
{
    public static Command Create(CommandConsole console)
    {
        var folder = new Argument<string?>("FOLDER")
        {
            Description = "A model package, a checkpoint folder, a GGUF file or another weight file.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var devices = new Option<bool>("--devices") { Description = "Describe this machine instead: native libraries, GPUs, and what is missing to use them." };
        var genAIFolder = new Option<string?>("--genai-folder") { Description = "With --devices: the folder with the native library of ONNX Runtime GenAI." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var context = new Option<int?>("--context") { Description = "Tokens of a sequence, for the memory estimate; default: what the model was trained for." };
        var verify = new Option<bool>("--verify") { Description = "Read all files: compare with the recorded hashes and checksums." };
        var files = new Option<bool>("--files") { Description = "Show each file with its size and hash, instead of their number." };
        var command = new Command("info", "Describes a checkpoint or a model package.") { folder, devices, genAIFolder, json, context, verify, files };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(devices))
            {
                WriteDevices(console, DeviceReport.Create(parsed.GetValue(genAIFolder)), parsed.GetValue(json));
                return;
            }

            var path = parsed.GetValue(folder) ?? throw new UsageException("FOLDER is missing; name a package or a checkpoint, or ask for --devices.");
            var tokens = parsed.GetValue(context);
            if (tokens is < 1) throw new UsageException($"--context: {tokens} is no number of tokens.");
            var logger = new TerminalLogger(console.Error, parsed.GetValue<bool>("--verbose"));
            var summary = PackageInspector.IsPackage(path)
                ? await PackageInspector.InspectAsync(path, tokens, parsed.GetValue(verify), cancellationToken)
                : await CheckpointInspector.InspectAsync(path, tokens, parsed.GetValue(verify), logger, cancellationToken);
            if (parsed.GetValue(json)) JsonLines.Write(console.Output, writer => ModelSummaryJson.Write(writer, summary));
            else console.OutputTerminal.Write(ModelSummaryTable.Create(summary, parsed.GetValue(files)));
        });
        return command;
    }

    private static void WriteDevices(CommandConsole console, DeviceReport report, bool json)
    {
        if (json) JsonLines.Write(console.Output, writer => DeviceReportJson.Write(writer, report));
        else console.OutputTerminal.Write(DeviceReportTable.Create(report));
    }
}
