using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Server.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Hosting;

/// <summary>
/// Stands before everything else, the framework's own host filter included: every answer gets an id, and a foreign Host an error like all others.
/// </summary>
internal sealed class OutermostChecks : IStartupFilter
{
    // Marks requests that the host filter let through; it tells of the others by their status alone.
    private static readonly object HostIsAllowed = new();

    /// <summary>Notes that the host filter let a request through.</summary>
    public static void Pass(HttpContext context) => context.Items[HostIsAllowed] = true;

    /// <summary>Answers a request that no route sees, and notes it.</summary>
    public static async Task RefuseAsync(HttpContext context, ApiException error)
    {
        await ErrorAnswer.WriteAsync(context, error, ErrorShapes.Of(context)).ConfigureAwait(false);
        context.RequestServices.GetRequiredService<RequestJournal>().Write(context, RequestOutcome.Rejected);
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => application =>
    {
        application.Use(RunAsync);
        next(application);
    };

    private static async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(static state =>
        {
            var started = (HttpContext)state;
            started.Response.Headers.TryAdd("X-Request-Id", started.TraceIdentifier);
            return Task.CompletedTask;
        }, context);
        await next(context).ConfigureAwait(false);
        if (!context.Items.ContainsKey(HostIsAllowed)) await RefuseAsync(context, ForeignHost()).ConfigureAwait(false);
    }

    private static ApiException ForeignHost() =>
        new(400, "invalid_request_error", "forbidden_host", "The request's Host is not this machine: use localhost, 127.0.0.1 or [::1].");
}
