using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Gemma.Benchmarks.Routing;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Spectre.Console;

namespace Gemma.Benchmarks.Jobs;

/// <summary>
/// <c>jobs</c>: many lines classified by three silos, and by three shards, each time with one of them killed at a random moment; the merged results must have
/// the bytes of a single process's run.
/// </summary>
internal static class JobsCommand
{
    private static readonly string[] Texts = ["I want to return my shoes", "The food was terrible", "What is the capital of France?",
        "My parcel has not come", "Tell me a joke"];

    public static Command Create()
    {
        var gemma = new Argument<string>("GEMMA") { Description = "The command's assembly, such as src/Gemma.Cli/bin/Release/net10.0/gemma.dll." };
        var lines = new Option<int>("--lines") { Description = "Lines.", DefaultValueFactory = _ => 100_000 };
        var rounds = new Option<int>("--rounds") { Description = "Kills of a silo, and as many of a shard.", DefaultValueFactory = _ => 10 };
        var seed = new Option<int>("--seed") { Description = "Makes other moments.", DefaultValueFactory = _ => 1 };
        var redis = new Option<string?>("--redis")
        {
            Description = "HOST:PORT of a Redis server where silos find each other: then any of them may be the one that dies, the first too.",
        };
        var command = new Command("jobs", "Kills silos and shards of a bulk job; nothing may be lost, doubled or different.") { gemma, lines, rounds, seed,
            redis };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Directory.CreateTempSubdirectory("gemma-jobs-").FullName;
            try
            {
                var models = Path.Combine(Repository.Root, "samples", "models");
                var package = Path.Combine(folder, "topics");
                await new CheckpointConverter()
                    .ConvertAsync(Path.Combine(models, "tiny-gemma-it"), package, new ConversionOptions
                    {
                        Precision = ModelPrecision.Fp32,
                        Heads = [new HeadSource(Path.Combine(models, "topics"))],
                    }, null, cancellationToken);
                var input = Path.Combine(folder, "input.jsonl");
                await File.WriteAllLinesAsync(input,
                    Enumerable.Range(0, parsed.GetValue(lines))
                        .Select(i => string.Create(CultureInfo.InvariantCulture, $"{{\"text\":\"{Texts[i % Texts.Length]} {i}.\"}}")), cancellationToken);
                var run = new Run(parsed.GetRequiredValue(gemma), folder, package, input, parsed.GetValue(redis), new Random(parsed.GetValue(seed)));
                return await run.RunAsync(parsed.GetValue(rounds), cancellationToken);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private sealed class Run(string gemma, string folder, string package, string input, string? redis, Random random)
    {
        private const int Silos = 3;
        private const int FirstSiloPort = 21111;
        private const int FirstGatewayPort = 31111;

        private TimeSpan _single;

        // Without Redis the first silo keeps the list of the others, so one of the others dies.
        private int FirstToDie => redis is null ? 1 : 0;

        public async Task<int> RunAsync(int rounds, CancellationToken cancellationToken)
        {
            var start = Stopwatch.GetTimestamp();
            await RequireAsync(Classify("single"), cancellationToken);
            _single = Stopwatch.GetElapsedTime(start);
            var expected = await MergeAsync("single", cancellationToken);
            Say($"one process: {_single.TotalSeconds:0.0} s");
            var broken = 0;
            for (var round = 0; round < rounds; round++)
            {
                start = Stopwatch.GetTimestamp();
                var isEqual = await OnSilosAsync($"silos{round}", cancellationToken) == expected;
                Say($"silos, round {round + 1}: {(isEqual ? "equal" : "DIFFERENT")}, {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
                start = Stopwatch.GetTimestamp();
                var isShardEqual = await InShardsAsync($"shards{round}", cancellationToken) == expected;
                Say($"shards, round {round + 1}: {(isShardEqual ? "equal" : "DIFFERENT")}, {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
                broken += (isEqual ? 0 : 1) + (isShardEqual ? 0 : 1);
            }

            Say($"{rounds} kills of a silo and {rounds} of a shard: {broken} different");
            return broken == 0 ? 0 : 1;
        }

        private async Task<string> OnSilosAsync(string name, CancellationToken cancellationToken)
        {
            List<GemmaProcess> silos = [];
            try
            {
                for (var i = 0; i < Silos; i++)
                {
                    silos.Add(await GemmaProcess.StartAsync(
                        gemma, "Ready",
                        ["silo", package, "--cluster", Cluster(FirstSiloPort), "--silo-port", Number(FirstSiloPort + i), "--gateway-port",
                            Number(FirstGatewayPort + i), "--threads", "1"], cancellationToken));
                }

                using var job = Start([.. Classify(name), "--cluster", Cluster(FirstGatewayPort)]);
                var killed = random.Next(FirstToDie, Silos);
                await Task.Delay(_single * random.NextDouble() / 2, cancellationToken);
                silos[killed].Kill();
                Say($"killed silo {killed + 1} of {Silos} with {PartsOf(name)} parts done");
                await job.WaitForExitAsync(cancellationToken);
                if (job.ExitCode != 0) throw new InvalidOperationException($"the job on silos ended with {job.ExitCode}.");
            }
            finally
            {
                foreach (var silo in silos) silo.Dispose();
            }

            return await MergeAsync(name, cancellationToken);
        }

        private async Task<string> InShardsAsync(string name, CancellationToken cancellationToken)
        {
            var killed = random.Next(Silos);
            await Task.WhenAll(Enumerable.Range(0, Silos).Select(async shard =>
            {
                string[] arguments = [.. Classify(name), "--shard", $"{Number(shard)}/{Number(Silos)}"];
                if (shard == killed)
                {
                    using var victim = Start(arguments);
                    await Task.Delay(_single * (0.1 + (0.6 * random.NextDouble())), cancellationToken);
                    victim.Kill();
                    Say($"killed shard {shard + 1} of {Silos} with {PartsOf(name)} parts of all done");
                    await victim.WaitForExitAsync(cancellationToken);
                }

                await RequireAsync(arguments, cancellationToken);
            }));
            return await MergeAsync(name, cancellationToken);
        }

        private int PartsOf(string name) =>
            Directory.Exists(Path.Combine(folder, name)) ? Directory.EnumerateFiles(Path.Combine(folder, name), "part-*.jsonl").Count() : 0;

        private async Task<string> MergeAsync(string name, CancellationToken cancellationToken)
        {
            var merged = Path.Combine(folder, name + ".jsonl");
            await RequireAsync(["job", "merge", Path.Combine(folder, name), "--output", merged], cancellationToken);
            await using var stream = File.OpenRead(merged);
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
        }

        private string[] Classify(string name) => ["job", "classify", input, "--model", package, "--head", "topics", "--output", Path.Combine(folder, name)];

        private async Task RequireAsync(string[] arguments, CancellationToken cancellationToken)
        {
            using var process = Start(arguments);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0) throw new InvalidOperationException($"'gemma {string.Join(' ', arguments)}' ended with {process.ExitCode}.");
        }

        private Process Start(string[] arguments) =>
            Process.Start(new ProcessStartInfo("dotnet", [gemma, .. arguments]) { RedirectStandardOutput = true })
                ?? throw new InvalidOperationException("dotnet did not start.");

        private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

        private string Cluster(int port) => redis is null ? $"127.0.0.1:{Number(port)}" : $"redis:{redis}";

        private static void Say(FormattableString text) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, text);
    }
}
