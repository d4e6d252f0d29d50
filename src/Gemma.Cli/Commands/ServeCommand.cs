using System.CommandLine;
using Gemma.Cli.Infrastructure;
using Gemma.Server.Catalog;
using Gemma.Server.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Cli.Commands;

/// <summary><c>gemma serve</c>: models behind OpenAI's address.</summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    private const int RequestsPerKey = 32;

    // A server has more users than an application's own model.
    private const int CachedConversations = 16;

    private static readonly TimeSpan QueueWait = TimeSpan.FromMinutes(1);

    public static Command Create(CommandConsole console)
    {
        var command = new Command(Name,
            "Serves models over HTTP: OpenAI's routes, classification heads, tokens. This machine only, unless --host says otherwise.");
        var packages = new Argument<string[]>("PACKAGE")
        {
            Description = "Packages or checkpoints; NAME=FOLDER gives a name.",
            Arity = ArgumentArity.OneOrMore,
        };
        var hosting = new HostSymbols(command, 8484);
        var threads = new Option<int>("--threads") { Description = "Threads of one pass; 0 is one per core." };
        var concurrency = new Option<int>("--max-concurrent-requests")
        {
            Description = "Requests that generate at the same time.",
            DefaultValueFactory = _ => 8,
        };
        var queue = new Option<int>("--max-queue-length") { Description = "Requests that wait; one more is refused.", DefaultValueFactory = _ => 256 };
        var draft = new Option<string?>("--draft")
        {
            Description = "A smaller model with the packages' vocabulary, which guesses tokens that they check while few requests run.",
        };
        var cached = new Option<int>("--max-cached-conversations")
        {
            Description = "Conversations that are kept, so that their next turn starts at once.",
            DefaultValueFactory = _ => CachedConversations,
        };
        var moderation = new Option<string?>("--moderation-head") { Description = "The head behind /v1/moderations." };
        var rate = new Option<int>("--rate-limit") { Description = "Requests a minute of one key, or of one address without keys; 0 is no limit." };
        var perKey = new Option<int?>("--max-requests-per-key")
        {
            Description = "Requests of one key at the same time; 0 is no limit. Default 32, on this machine only no limit.",
        };
        var noOllama = new Option<bool>("--no-ollama") { Description = "Leave Ollama's routes out." };
        var noPage = new Option<bool>("--no-page") { Description = "Leave the page at / out." };
        command.Add(packages);
        foreach (var option in (Option[])[threads, concurrency, queue, cached, draft, moderation, rate, perKey, noOllama, noPage]) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var builder = hosting.CreateBuilder(parsed, console, (options, place) =>
            {
                options.ModerationHead = parsed.GetValue(moderation);
                options.MaxRequestsPerMinutePerKey = parsed.GetValue(rate);
                options.MaxConcurrentRequestsPerKey = parsed.GetValue(perKey) ?? (place.IsLoopback ? 0 : RequestsPerKey);
                options.Ollama = !parsed.GetValue(noOllama);
                options.Page = !parsed.GetValue(noPage);
                options.LoadsAtStart = true;
            });
            foreach (var (name, folder) in parsed.GetRequiredValue(packages).Select(Split))
            {
                builder.Services.AddGemma(name, options =>
                {
                    options.ModelPath = folder;
                    options.ModelId = name;
                    options.Engine.Threads = parsed.GetValue(threads);
                    options.MaxConcurrentRequests = parsed.GetValue(concurrency);
                    options.MaxQueueLength = parsed.GetValue(queue);
                    options.DraftModelPath = parsed.GetValue(draft);
                    options.MaxQueueWait = QueueWait;
                    options.MaxCachedConversations = parsed.GetValue(cached);
                });
            }

            ServeTelemetry.Add(builder.Services);
            await using var application = builder.Build();
            GemmaHost.Use(application);
            ServeTelemetry.Map(application);
            await HostSymbols.StartAsync(application, console, cancellationToken);

            // The address is there at once and says that it is not ready until the models are.
            foreach (var model in application.Services.GetRequiredService<ModelCatalog>().Models) await model.WarmUpAsync(cancellationToken);
            await console.Error.WriteLineAsync("Ready.");
            await HostSymbols.ServeAsync(application, cancellationToken);
        });
        return command;
    }

    private static (string Name, string Folder) Split(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && !Path.Exists(argument)) return (argument[..equals], argument[(equals + 1)..]);
        return (Path.GetFileName(Path.TrimEndingDirectorySeparator(argument)), argument);
    }
}
