using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Inspection;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma info</c>: what a checkpoint or package is and takes.</summary>
internal static class InfoCommand
{
    public static Command Create(CommandConsole console)
    {
        var folder = new Argument<string>("FOLDER") { Description = "A model package, a checkpoint folder or a weight file." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var context = new Option<int?>("--context") { Description = "Tokens of a sequence, for the memory estimate; default: what the model was trained for." };
        var verify = new Option<bool>("--verify") { Description = "Read all files: compare with the recorded hashes and checksums." };
        var command = new Command("info", "Describes a checkpoint or a model package.") { folder, json, context, verify };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(folder);
            var tokens = parsed.GetValue(context);
            if (tokens is < 1) throw new UsageException($"--context: {tokens} is no number of tokens.");
            var logger = new TerminalLogger(console.Error, parsed.GetValue<bool>("--verbose"));
            var summary = PackageInspector.IsPackage(path)
                ? await PackageInspector.InspectAsync(path, tokens, parsed.GetValue(verify), cancellationToken)
                : await CheckpointInspector.InspectAsync(path, tokens, parsed.GetValue(verify), logger, cancellationToken);
            if (parsed.GetValue(json)) JsonLines.Write(console.Output, writer => ModelSummaryJson.Write(writer, summary));
            else console.OutputTerminal.Write(ModelSummaryTable.Create(summary));
        });
        return command;
    }
}
