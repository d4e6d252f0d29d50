using System.CommandLine;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;

namespace Gemma.Benchmarks.Routing;

/// <summary>
/// <c>router</c>: several server processes of the repository's small model behind the router: the share of prompt tokens that servers remember by policy, a
/// server killed and one added in the middle of the load, and what the router itself costs.
/// </summary>
internal static class RouterCommand
{
    private static readonly TimeSpan NewServerLimit = TimeSpan.FromSeconds(30);

    public static Command Create()
    {
        var gemma = new Argument<string>("GEMMA") { Description = "The command's assembly, such as src/Gemma.Cli/bin/Release/net10.0/gemma.dll." };
        var servers = new Option<int>("--servers") { Description = "Server processes.", DefaultValueFactory = _ => 4 };
        var chats = new Option<int>("--chats") { Description = "Chats.", DefaultValueFactory = _ => 40 };
        var turns = new Option<int>("--turns") { Description = "Turns of each.", DefaultValueFactory = _ => 10 };
        var concurrency = new Option<int>("--concurrency") { Description = "Requests at the same time.", DefaultValueFactory = _ => 8 };
        var streams = new Option<int>("--streams")
        {
            Description = "Streams at the same time when the router's cost is measured.",
            DefaultValueFactory = _ => 64,
        };
        var requests = new Option<int>("--requests") { Description = "Requests of each measurement of the router's cost.", DefaultValueFactory = _ => 1000 };
        var rounds = new Option<int>("--rounds") { Description = "Measurements of the router's cost; the medians count.", DefaultValueFactory = _ => 5 };
        var measured = new Option<string?>("--package") { Description = "The package that is served; default: the repository's small model, converted." };
        var parts = new Option<string[]>("--parts")
        {
            Description = "Which measurements: policies, changes, cost.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["policies", "changes", "cost"],
        }.AcceptOnlyFromAmong("policies", "changes", "cost");
        var command = new Command("router",
            "Measures routing by conversation against round robin, kills and adds servers, and measures the router's cost.") { gemma, servers, chats, turns,
                concurrency, streams, requests, rounds, parts, measured };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Directory.CreateTempSubdirectory("gemma-router-").FullName;
            try
            {
                var package = parsed.GetValue(measured) ?? await ConvertAsync(Path.Combine(folder, "tiny-gemma-it"), cancellationToken);
                var run = new RouterRun(parsed.GetRequiredValue(gemma), package, parsed.GetValue(servers), parsed.GetValue(chats), parsed.GetValue(turns),
                    parsed.GetValue(concurrency));
                var (failed, wanted) = (false, parsed.GetRequiredValue(parts));
                if (wanted.Contains("policies")) failed |= await run.PoliciesAsync(cancellationToken);
                if (wanted.Contains("changes")) failed |= await run.ChangesAsync(NewServerLimit, cancellationToken);
                if (wanted.Contains("cost"))
                    failed |= await run.CostAsync(parsed.GetValue(streams), parsed.GetValue(requests), parsed.GetValue(rounds), cancellationToken);
                return failed ? 1 : 0;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static async Task<string> ConvertAsync(string package, CancellationToken cancellationToken)
    {
        var checkpoint = Path.Combine(Repository.Root, "samples", "models", "tiny-gemma-it");
        await new CheckpointConverter().ConvertAsync(checkpoint, package, new ConversionOptions { Precision = ModelPrecision.Fp32 }, null, cancellationToken);
        return package;
    }
}
