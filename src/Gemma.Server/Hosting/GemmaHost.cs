using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gemma.Server.Errors;
using Gemma.Server.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Gemma.Server.Hosting;

/// <summary>A server of its own with safe defaults: this machine only, no foreign Host or Origin, limits on headers, bodies and slow clients.</summary>
internal static class GemmaHost
{
    /// <summary>How long running requests may take to their end when the server is told to stop.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(120);

    private const int MaxConnections = 1000;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Sets the listening address and the limits.</summary>
    /// <exception cref="ArgumentException">
    /// The address is open to other machines, and there is neither a key nor the consent to have none; or an origin is none.
    /// </exception>
    public static void Configure(WebApplicationBuilder builder, GemmaHostOptions host, GemmaServerOptions server)
    {
        if (!host.IsLoopback && server.ApiKeys.Count == 0 && !host.NoAuthentication)
            throw new ArgumentException(
                $"Other machines can reach '{host.Host}': give --api-key, --api-key-file or the variable GEMMA_API_KEY, or --no-auth to let everybody in.");
        string[] origins = [.. host.CorsOrigins.Select(Origin)];
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IStartupFilter, OutermostChecks>());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainTime);
        builder.Services.AddCors(options => options.AddDefaultPolicy(policy => policy.WithOrigins(origins).AllowAnyHeader().WithMethods("GET", "POST")
            .WithExposedHeaders("X-Request-Id", "Retry-After")));
        if (host.IsLoopback)
        {
            builder.Services.Configure<HostFilteringOptions>(options =>
            {
                options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"];
                options.AllowEmptyHosts = false;
                options.IncludeFailureMessage = false;
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
        var cors = application.Services.GetRequiredService<IOptions<CorsOptions>>().Value;
        var others = cors.GetPolicy(cors.DefaultPolicyName);
        application.Use(async (context, next) =>
        {
            OutermostChecks.Pass(context);
            var origin = context.Request.Headers.Origin.ToString();
            if (origin.Length > 0 && !IsOwn(origin, context.Request.Host.Value) && others?.Origins.Contains(origin) != true)
            {
                await OutermostChecks.RefuseAsync(context,
                    new ApiException(403, "invalid_request_error", "forbidden_origin", "Pages of other sites may not use this server.")).ConfigureAwait(false);
                return;
            }

            await next(context).ConfigureAwait(false);
        });

        // Browsers ask without a key whether a page may.
        application.UseCors();
        application.Use(async (context, next) =>
        {
            // Whatever else the application maps needs a key as well.
            if (context.GetEndpoint() is { } endpoint
                && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
                && !context.RequestServices.GetRequiredService<ApiKeys>().IsAllowed(context))
            {
                await OutermostChecks.RefuseAsync(context, ApiKeys.Missing()).ConfigureAwait(false);
                return;
            }

            // It was checked here. A server behind a router has another name and would refuse it.
            context.Request.Headers.Remove(HeaderNames.Origin);
            await next(context).ConfigureAwait(false);
            if (!context.Response.HasStarted && context.Response.StatusCode is (404 or 405))
                await OutermostChecks.RefuseAsync(context, NoRoute(context)).ConfigureAwait(false);
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

    // Exactly what browsers send: a site without path, and never all sites.
    private static string Origin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.GetLeftPart(UriPartial.Authority) == text.TrimEnd('/')
            ? text.TrimEnd('/')
            : throw new ArgumentException($"--cors-origin {text}: a site such as https://chat.example is expected.");

    private static bool IsOwn(string origin, string? host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && string.Equals(uri.Authority, host, StringComparison.OrdinalIgnoreCase);

    private static void Listen(KestrelServerOptions kestrel, GemmaHostOptions host)
    {
        void Secure(ListenOptions options)
        {
            if (host.CertificateFile is { } file) options.UseHttps(X509Certificate2.CreateFromPemFile(file, host.CertificateKeyFile));
        }

        // Both addresses of this machine cannot share a port that the system chooses.
        if (host is { Host: "localhost", Port: 0 }) kestrel.Listen(IPAddress.Loopback, 0, Secure);
        else if (host.Host == "localhost") kestrel.ListenLocalhost(host.Port, Secure);
        else if (host.Host is "0.0.0.0" or "*") kestrel.ListenAnyIP(host.Port, Secure);
        else
        {
            kestrel.Listen(IPAddress.TryParse(host.Host, out var address)
                ? address
                : throw new ArgumentException($"--host {host.Host}: an IP address or 'localhost' is expected."), host.Port, Secure);
        }
    }
}
