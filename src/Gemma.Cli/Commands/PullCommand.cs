using System.CommandLine;
using Gemma.Cli.Hub;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion.Hub;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma pull</c>: models from the Hugging Face hub.</summary>
internal static class PullCommand
{
    public static Command Create(CommandConsole console)
    {
        var name = new Argument<string?>("MODEL")
        {
            Description = "A model of the hub, such as google/gemma-2b-it or google/gemma-2b-it@main.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var revision = new Option<string?>("--revision") { Description = "A branch, a tag or a commit; default: main." };
        var tokenFile = new Option<string?>("--token-file")
        {
            Description = "A file with the access token; default: HF_TOKEN, else the token that 'hf auth login' saved.",
        };
        var include = new Option<string[]>("--include")
        {
            Description = "Load files that match this pattern ('*.gguf') instead of those that a conversion needs; may be repeated.",
        };
        var convert = new Option<ModelPrecision?>("--convert")
        {
            Description = $"Also convert the model: {PrecisionTraits.Names(row => row.Weights != WeightEncoding.AsStored)}.",
        };
        var to = new Option<string?>("--to")
        {
            Description = "Put the files, or with --convert the package, into this folder; without it they stay in the caches.",
        };
        var offline = new Option<bool>("--offline") { Description = "Ask nothing of the hub: use what the cache holds." };
        var list = new Option<bool>("--list") { Description = "Show what the cache holds." };
        var remove = new Option<bool>("--remove") { Description = "Delete MODEL, or with @REVISION that revision and what no other one shares." };
        var json = new Option<bool>("--json") { Description = "Print JSON Lines." };
        var command = new Command("pull",
            "Loads a model from the Hugging Face hub into the cache that transformers and others use too; what was interrupted is continued.") { name, revision,
                tokenFile, include, convert, to, offline, list, remove, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var logger = new TerminalLogger(console.Error, parsed.GetValue<bool>("--verbose"));
            using var hub = new ModelHub(new HubOptions
            {
                Token = ReadToken(parsed.GetValue(tokenFile)),
                Offline = parsed.GetValue(offline) ? true : null,
            }, logger);
            if (parsed.GetValue(list))
            {
                SnapshotOutput.Write(console, hub.List(), parsed.GetValue(json));
                return;
            }

            var model = HubModelName.Parse(parsed.GetValue(name)
                ?? throw new UsageException("MODEL is missing; name one, such as google/gemma-2b-it, or ask for --list."), parsed.GetValue(revision));
            if (parsed.GetValue(remove))
            {
                await console.Error.WriteLineAsync($"Freed {ByteText.Of(hub.Remove(model))}.");
                return;
            }

            var pull = new ModelPull(console, hub, logger);
            var folder = await pull.RunAsync(model, parsed.GetValue(include), parsed.GetValue(convert), parsed.GetValue(to), cancellationToken);
            if (parsed.GetValue(json)) JsonLines.Write(console.Output, writer => pull.Write(writer, folder));
            else await console.Output.WriteLineAsync(folder);
        });
        return command;
    }

    private static string? ReadToken(string? file) =>
        file is null ? null : File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : throw new UsageException($"--token-file: {file} is empty.");
}
