using System.CommandLine;
using System.Net;
using Gemma.Cli.Infrastructure;
using Gemma.Cli.Jobs;
using Gemma.Jobs;
using Gemma.Jobs.Cluster;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma silo</c>: a machine of a cluster that works on jobs with its model.</summary>
internal static class SiloCommand
{
    public static Command Create(CommandConsole console)
    {
        var command = new Command(ClusterSupport.SiloName, "Joins a cluster that works on jobs ('gemma job … --cluster') with a model.");
        var model = new ModelSymbols(command);
        var cluster = new Option<string>("--cluster")
        {
            Description = "Where silos find each other: redis:HOST:PORT, or the ADDRESS:PORT of the first silo; localhost is 127.0.0.1:11111.",
            DefaultValueFactory = _ => "localhost",
        };
        var host = new Option<string>("--host") { Description = "The address that other silos reach this one at.", DefaultValueFactory = _ => "127.0.0.1" };
        var port = new Option<int>("--silo-port") { Description = "The port for other silos.", DefaultValueFactory = _ => ClusterAddress.DefaultSiloPort };
        var gateway = new Option<int>("--gateway-port")
        {
            Description = "The port for 'gemma job'.",
            DefaultValueFactory = _ => ClusterAddress.DefaultGatewayPort,
        };
        foreach (var option in (Option[])[cluster, host, port, gateway]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var address = ClusterAddress.Parse(parsed.GetRequiredValue(cluster));
            if (!IPAddress.TryParse(parsed.GetRequiredValue(host), out var place))
                throw new UsageException($"--host {parsed.GetValue(host)}: an IP address is expected.");
            using var loggers = new TerminalLoggerFactory(console.Error, parsed.GetValue<bool>("--verbose"));
            var folder = await ModelPlaces.FindAsync(model.Package(parsed), loggers.CreateLogger(string.Empty), cancellationToken);
            var hash = await PackageHash.ReadForClusterAsync(folder, cancellationToken);
            await using var loaded = await model.LoadAsync(folder, parsed, console, cancellationToken, beyondTraining: true);
            JobWorkerFactory factory = (job, _) => Task.FromResult(job.ModelHash == hash
                ? JobWork.CreateWorker(job.Kind, job.Options, loaded, console)
                : throw new JobException($"The job's model '{job.Model}' is another package than this silo's '{loaded.ModelId}'."));
            await ClusterHost.RunSiloAsync(address, place, parsed.GetValue(port), parsed.GetValue(gateway), factory, loggers,
                () => console.Error.WriteLineAsync("Ready; Ctrl-C stops."), cancellationToken);
        });
        return command;
    }
}
