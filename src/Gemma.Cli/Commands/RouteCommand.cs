using System.CommandLine;
using System.Globalization;
using Gemma.Cli.Infrastructure;
using Gemma.Router;
using Gemma.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma route</c>: several servers behind one address.</summary>
internal static class RouteCommand
{
    public const string Name = "route";

    private const int DefaultPort = 8480;

    public static Command Create(CommandConsole console)
    {
        var command = new Command(Name, "Puts several 'gemma serve' behind one address; a conversation finds the server that remembers it.");
        var to = new Option<string[]>("--to")
        {
            Description = "The servers' addresses, such as http://10.0.0.11:8484.",
            Required = true,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var hosting = new HostSymbols(command, DefaultPort);
        var dns = new Option<bool>("--dns")
        {
            Description = "Take every address that DNS gives for a name as a server of its own, as of a headless Kubernetes service.",
        };
        var policy = new Option<string>("--policy")
        {
            Description = "gemma-prefix, or one of YARP's: RoundRobin, LeastRequests, PowerOfTwoChoices, Random.",
            DefaultValueFactory = _ => GemmaRouterDefaults.PolicyName,
        };
        var health = new Option<double>("--health-interval")
        {
            Description = "Seconds between two questions whether a server is ready.",
            DefaultValueFactory = _ => 5,
        };
        var defaults = new GemmaRouterOptions();
        var factor = new Option<double>("--load-factor")
        {
            Description = "A conversation stays at its server while that runs at most so many times the mean of all servers, and --load-slack requests more.",
            DefaultValueFactory = _ => defaults.LoadFactor,
        };
        var slack = new Option<int>("--load-slack")
        {
            Description = "So many requests more; at least 1.",
            DefaultValueFactory = _ => defaults.LoadSlack,
        };
        foreach (var option in (Option[])[to, dns, policy, health, factor, slack]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var builder = hosting.CreateBuilder(parsed, console);
            builder.Services.AddGemmaRouter(options =>
            {
                foreach (var address in parsed.GetRequiredValue(to)) options.Destinations.Add(address);
                options.ResolveNames = parsed.GetValue(dns);
                options.Policy = parsed.GetRequiredValue(policy);
                options.LoadFactor = parsed.GetValue(factor);
                options.LoadSlack = parsed.GetValue(slack);
                options.HealthInterval = parsed.GetValue(health) is var seconds and > 0 and < 1e6
                    ? TimeSpan.FromSeconds(seconds)
                    : throw new UsageException(string.Create(CultureInfo.InvariantCulture,
                        $"--health-interval {parsed.GetValue(health)}: seconds above 0 are expected."));
            });
            ServeTelemetry.Add(builder.Services);
            await using var application = builder.Build();
            GemmaHost.UseChecks(application);
            application.MapGemmaRouter();
            ServeTelemetry.Map(application);
            await HostSymbols.StartAsync(application, console, cancellationToken);
            await HostSymbols.ServeAsync(application, cancellationToken);
        });
        return command;
    }
}
