using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Gemma.Server.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gemma.Server.Hosting;

/// <summary>A server of its own with safe defaults: this machine only, no foreign Host or Origin, limits on headers, bodies and slow clients.</summary>
internal static class GemmaHost
{
    private const int MaxConnections = 1000;
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Sets the listening address and the limits.</summary>
    /// <exception cref="ArgumentException">The address is open to other machines, and there is neither a key nor the consent to have none.</exception>
    public static void Configure(WebApplicationBuilder builder, GemmaHostOptions host, GemmaServerOptions server)
    {
        if (!host.IsLoopback && server.ApiKeys.Count == 0 && !host.NoAuthentication)
            throw new ArgumentException(
                $"Other machines can reach '{host.Host}': give --api-key, --api-key-file or the variable GEMMA_API_KEY, or --no-auth to let everybody in.");
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainTime);
        if (host.IsLoopback)
        {
            builder.Services.Configure<HostFilteringOptions>(options =>
            {
                options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"];
                options.AllowEmptyHosts = false;
            });
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = server.MaxRequestBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            Listen(kestrel, host);
        });
    }

    /// <summary>Adds the checks in front of the routes; what matches no route gets OpenAI's error shape, and with keys not even that without one.</summary>
    public static void Use(WebApplication application)
    {
        UseChecks(application);
        application.MapGemma();
    }

    /// <summary>The checks alone, in front of other routes.</summary>
    public static void UseChecks(WebApplication application)
    {
        application.UseHostFiltering();
        application.Use(async (context, next) =>
        {
            var origin = context.Request.Headers.Origin.ToString();
            if (origin.Length > 0 && !IsOwn(origin, context.Request.Host.Value))
            {
                await ErrorAnswer.WriteAsync(context,
                    new ApiException(403, "invalid_request_error", "forbidden_origin", "Pages of other sites may not use this server.")).ConfigureAwait(false);
                return;
            }

            // Whatever else the application maps needs a key as well.
            if (context.GetEndpoint() is { } endpoint
                && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
                && !context.RequestServices.GetRequiredService<ApiKeys>().IsAllowed(context))
            {
                await ErrorAnswer.WriteAsync(context, ApiKeys.Missing()).ConfigureAwait(false);
                return;
            }

            await next(context).ConfigureAwait(false);
            if (!context.Response.HasStarted && context.Response.StatusCode is (404 or 405))
                await ErrorAnswer.WriteAsync(context, NoRoute(context)).ConfigureAwait(false);
        });
    }

    // What does not exist is not told to those who have no key.
    private static ApiException NoRoute(HttpContext context)
    {
        if (!context.RequestServices.GetRequiredService<ApiKeys>().IsAllowed(context)) return ApiKeys.Missing();
        return context.Response.StatusCode == 405
            ? new ApiException(405, "invalid_request_error", "method_not_allowed", $"{context.Request.Method} is not allowed here.")
            : new ApiException(404, "invalid_request_error", "not_found", "There is no such route; GET /v1/models lists the models.");
    }

    private static bool IsOwn(string origin, string? host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, host, StringComparison.OrdinalIgnoreCase);

    private static void Listen(KestrelServerOptions kestrel, GemmaHostOptions host)
    {
        void Secure(ListenOptions options)
        {
            if (host.CertificateFile is { } file) options.UseHttps(X509Certificate2.CreateFromPemFile(file, host.CertificateKeyFile));
        }

        if (host.Host == "localhost") kestrel.ListenLocalhost(host.Port, Secure);
        else if (host.Host is "0.0.0.0" or "*") kestrel.ListenAnyIP(host.Port, Secure);
        else
        {
            kestrel.Listen(IPAddress.TryParse(host.Host, out var address)
                ? address
                : throw new ArgumentException($"--host {host.Host}: an IP address or 'localhost' is expected."), host.Port, Secure);
        }
    }
}
