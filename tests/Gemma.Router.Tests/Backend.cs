using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gemma.Router.Tests;

/// <summary>A server on a real port that answers with its name, and remembers what it was asked.</summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly WebApplication _application;

    private Backend(string name, int port, RequestDelegate? answer)
    {
        Name = name;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _application = builder.Build();
        _application.MapGet("/health/ready", () => IsReady ? Results.Ok() : Results.StatusCode(503));
        _application.MapFallback(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            Bodies.Enqueue(await reader.ReadToEndAsync(context.RequestAborted));
            if (answer is not null) await answer(context);
            else await context.Response.WriteAsync(name, context.RequestAborted);
        });
    }

    public string Name { get; }

    public bool IsReady { get; set; } = true;

    public ConcurrentQueue<string> Bodies { get; } = new();

    public string Address => _application.Urls.First();

    public int Port => new Uri(Address).Port;

    public static async Task<Backend> StartAsync(string name, RequestDelegate? answer = null, int port = 0)
    {
        var backend = new Backend(name, port, answer);
        await backend._application.StartAsync(TestContext.Current.CancellationToken);
        return backend;
    }

    /// <summary>Ends it at once, with what it is running.</summary>
    public Task StopAsync() => _application.StopAsync(new CancellationToken(canceled: true));

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
