using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime;
using Gemma.Server;
using Gemma.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma serve</c>: models behind OpenAI's address.</summary>
internal static class ServeCommand
{
    private const int RequestsPerKey = 32;

    public static Command Create(CommandConsole console)
    {
        var command = new Command("serve", "Serves models over HTTP: OpenAI's routes, classification heads, tokens. This machine only, unless --host says otherwise.");
        var packages = new Argument<string[]>("PACKAGE") { Description = "Packages or checkpoints; NAME=FOLDER gives a name.", Arity = ArgumentArity.OneOrMore };
        var host = new Option<string>("--host") { Description = "The address to listen on.", DefaultValueFactory = _ => "localhost" };
        var port = new Option<int>("--port") { Description = "The port; 0 takes a free one.", DefaultValueFactory = _ => 8484 };
        var key = new Option<string[]>("--api-key") { Description = "A key that clients must send; may be repeated. Better: --api-key-file or GEMMA_API_KEY." };
        var keyFile = new Option<string?>("--api-key-file") { Description = "A file with one key a line." };
        var open = new Option<bool>("--no-auth") { Description = "Let everybody in who reaches the address." };
        var certificate = new Option<string?>("--tls-cert") { Description = "A certificate in PEM." };
        var certificateKey = new Option<string?>("--tls-key") { Description = "Its private key in PEM." };
        var threads = new Option<int>("--threads") { Description = "Threads of one pass; 0 is one per core." };
        var concurrency = new Option<int>("--max-concurrent-requests") { Description = "Requests that generate at the same time.", DefaultValueFactory = _ => 8 };
        var queue = new Option<int>("--max-queue-length") { Description = "Requests that wait; one more is refused.", DefaultValueFactory = _ => 256 };
        var moderation = new Option<string?>("--moderation-head") { Description = "The head behind /v1/moderations." };
        var rate = new Option<int>("--rate-limit") { Description = "Requests a minute of one key, or of one address without keys; 0 is no limit." };
        var perKey = new Option<int?>("--max-requests-per-key") { Description = "Requests of one key at the same time; 0 is no limit. Default 32, on this machine only no limit." };
        var noOllama = new Option<bool>("--no-ollama") { Description = "Leave Ollama's routes out." };
        command.Add(packages);
        foreach (var option in (Option[])[host, port, key, keyFile, open, certificate, certificateKey, threads, concurrency, queue, moderation, rate, perKey, noOllama]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.Services.AddSingleton<ILoggerFactory>(new TerminalLoggerFactory(console.Error, parsed.GetValue<bool>("--verbose")));
            foreach (var (name, folder) in parsed.GetRequiredValue(packages).Select(Split))
            {
                builder.Services.AddGemma(name, options =>
                {
                    options.ModelPath = folder;
                    options.ModelId = name;
                    options.Engine.Threads = parsed.GetValue(threads);
                    options.MaxConcurrentRequests = parsed.GetValue(concurrency);
                    options.MaxQueueLength = parsed.GetValue(queue);
                });
            }

            var server = new GemmaServerOptions();
            foreach (var value in Keys(parsed.GetValue(key), parsed.GetValue(keyFile))) server.ApiKeys.Add(value);
            var place = new GemmaHostOptions
            {
                Host = parsed.GetRequiredValue(host),
                Port = parsed.GetValue(port),
                NoAuthentication = parsed.GetValue(open),
                CertificateFile = parsed.GetValue(certificate),
                CertificateKeyFile = parsed.GetValue(certificateKey),
            };
            builder.Services.AddGemmaServer(options =>
            {
                foreach (var value in server.ApiKeys) options.ApiKeys.Add(value);
                options.ModerationHead = parsed.GetValue(moderation);
                options.MaxRequestsPerMinutePerKey = parsed.GetValue(rate);
                options.MaxConcurrentRequestsPerKey = parsed.GetValue(perKey) ?? (place.IsLoopback ? 0 : RequestsPerKey);
                options.Ollama = !parsed.GetValue(noOllama);
            });
            ServeTelemetry.Add(builder.Services);
            GemmaHost.Configure(builder, place, server);
            await using var application = builder.Build();
            GemmaHost.Use(application);
            ServeTelemetry.Map(application);
            await application.StartAsync(cancellationToken);
            foreach (var address in application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? []) await console.Error.WriteLineAsync($"Listening on {address}; Ctrl-C stops.");

            // The address is there at once and says that it is not ready until the models are.
            foreach (var name in parsed.GetRequiredValue(packages).Select(package => Split(package).Name))
                await application.Services.GetRequiredKeyedService<IGemmaModelSource>(name).GetModelAsync(cancellationToken);
            await console.Error.WriteLineAsync("Ready.");
            await application.WaitForShutdownAsync(cancellationToken);
        });
        return command;
    }

    private static (string Name, string Folder) Split(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && !Path.Exists(argument)) return (argument[..equals], argument[(equals + 1)..]);
        return (Path.GetFileName(Path.TrimEndingDirectorySeparator(argument)), argument);
    }

    private static IEnumerable<string> Keys(string[]? given, string? file)
    {
        foreach (var key in given ?? []) yield return key;
        if (Environment.GetEnvironmentVariable("GEMMA_API_KEY") is { Length: > 0 } variable) yield return variable;
        if (file is null) yield break;
        foreach (var line in File.ReadLines(file))
        {
            if (line.Trim() is { Length: > 0 } key) yield return key;
        }
    }
}
