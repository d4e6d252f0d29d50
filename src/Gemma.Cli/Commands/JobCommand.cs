using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Cli.Jobs;
using Gemma.Jobs;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma job</c>: a model over whole files, in parts that survive a kill.</summary>
internal static class JobCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command("job", "Runs a model over whole files (JSON Lines, CSV, Parquet), resumes where it was, shares the work between processes.");
        foreach (var work in JobWork.CreateAll()) command.Add(CreateRun(console, work));
        command.Add(CreateStatus(console));
        command.Add(CreateVerify(console));
        command.Add(CreateMerge(console));
        return command;
    }

    private static Command CreateRun(CommandConsole console, JobWork work)
    {
        var command = work.Command;
        Option[] own = [.. command.Options];
        var inputs = new Argument<string[]>("INPUT")
        {
            Description = "Files: .jsonl with an object a line as 'gemma " + command.Name + "' reads it, .csv or .tsv with a header, .parquet.",
            Arity = ArgumentArity.OneOrMore,
        };
        var package = new Option<string>("--model") { Description = "The model package.", Required = true };
        var output = new Option<string>("--output") { Description = "The folder for the results; the same command continues what is there.", Required = true };
        var shard = new Option<string?>("--shard") { Description = "Do only a share of the parts: 3/8 is the third of eight." };
        var lines = new Option<int>("--lines-per-part") { Description = "Records of one part.", DefaultValueFactory = _ => 1000 };
        var column = new Option<string?>("--text-column") { Description = "The column or key that holds the text, where it has another name." };
        var cluster = new Option<string?>("--cluster")
        {
            Description = "Have silos ('gemma silo') do it: redis:HOST:PORT, localhost, or a gateway's ADDRESS:PORT.",
        };
        var json = new Option<bool>("--json") { Description = "Print how it ended as JSON." };
        var model = new ModelSymbols(command, hasPackage: false);
        command.Add(inputs);
        foreach (var option in (Option[])[package, output, shard, lines, column, cluster, json]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var share = Shard(parsed.GetValue(shard));
            if (parsed.GetValue(cluster) is { } address)
            {
                if (share != JobShard.All) throw new UsageException("--shard and --cluster exclude each other: a cluster shares the parts itself.");
                using var loggers = new TerminalLoggerFactory(console.Error, parsed.GetValue<bool>("--verbose"));
                var place = await ModelPlaces.FindAsync(parsed.GetRequiredValue(package), loggers.CreateLogger(string.Empty), cancellationToken);
                await CreateAsync(place, await PackageHash.ReadForClusterAsync(place, cancellationToken));
                JobReport.Write(console,
                    await ClusterSupport.RunAsync(address, parsed.GetRequiredValue(output), new LineProgress(console.Error), console.Error, cancellationToken),
                    parsed.GetValue(json));
                return;
            }

            await using var loaded = await model.LoadAsync(parsed.GetRequiredValue(package), parsed, console, cancellationToken, beyondTraining: command.Name
                == "generate");
            var worker = work.CreateWorker(parsed, loaded, console);
            var job = await CreateAsync(loaded.Package.Folder, await PackageHash.ReadAsync(loaded.Package.Folder, cancellationToken));
            JobReport.Write(console, await job.RunAsync(worker, new JobRunOptions { Shard = share }, new LineProgress(console.Error), cancellationToken),
                parsed.GetValue(json));

            async Task<GemmaJob> CreateAsync(string modelFolder, string? hash) => await GemmaJob.CreateAsync(
                new GemmaJobOptions
                {
                    Kind = command.Name,
                    Inputs = parsed.GetRequiredValue(inputs),
                    Output = parsed.GetRequiredValue(output),
                    Model = Path.GetFileName(Path.TrimEndingDirectorySeparator(modelFolder)),
                    ModelHash = hash,
                    Options = JobWork.WriteOptions(parsed, own),
                    LinesPerPart = parsed.GetValue(lines),
                    TextColumn = parsed.GetValue(column),
                },
                cancellationToken);
        });
        return command;
    }

    private static Command CreateStatus(CommandConsole console)
    {
        var command = new Command("status", "Says how far a job is, whoever works on it.");
        var folder = new Argument<string>("FOLDER") { Description = "The job's folder." };
        var json = new Option<bool>("--json") { Description = "Print it as JSON." };
        command.Add(folder);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
            JobReport.WriteProgress(console, (await GemmaJob.OpenAsync(parsed.GetRequiredValue(folder), cancellationToken)).GetProgress(),
                parsed.GetValue(json)));
        return command;
    }

    private static Command CreateVerify(CommandConsole console)
    {
        var command = new Command("verify", "Reads all results of a job and checks that each record has one.");
        var folder = new Argument<string>("FOLDER") { Description = "The job's folder." };
        var json = new Option<bool>("--json") { Description = "Print it as JSON." };
        command.Add(folder);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var job = await GemmaJob.OpenAsync(parsed.GetRequiredValue(folder), cancellationToken);
            return JobReport.Write(console, await job.VerifyAsync(cancellationToken), parsed.GetValue(json));
        });
        return command;
    }

    private static Command CreateMerge(CommandConsole console)
    {
        var command = new Command("merge", "Joins the results of a complete job in the order of its input.");
        var folder = new Argument<string>("FOLDER") { Description = "The job's folder." };
        var output = new Option<string>("--output") { Description = "The file to write.", Required = true };
        command.Add(folder);
        command.Add(output);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var job = await GemmaJob.OpenAsync(parsed.GetRequiredValue(folder), cancellationToken);
            var merged = await job.MergeAsync(parsed.GetRequiredValue(output), cancellationToken);
            await console.Error.WriteLineAsync($"{merged.Lines} results" + (merged.Errors > 0 ? $", {merged.Errors} of them errors" : string.Empty));
        });
        return command;
    }

    private static JobShard Shard(string? text)
    {
        try
        {
            return text is null ? JobShard.All : JobShard.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException($"--shard: {e.Message}", e);
        }
    }
}
