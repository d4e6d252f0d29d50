using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gemma.Router.Tests;

/// <summary>A router on a real port in front of some servers.</summary>
internal sealed class RunningRouter : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly MetricCollector<long> _picks;

    private RunningRouter(WebApplication application)
    {
        _application = application;
        _picks = new MetricCollector<long>(application.Services.GetRequiredService<IMeterFactory>(), GemmaRouterDefaults.MeterName, "gemma.router.picks");
        Client = new HttpClient { BaseAddress = new Uri(application.Urls.First()) };
    }

    public HttpClient Client { get; }

    public IServiceProvider Services => _application.Services;

    /// <summary>Servers chosen for a reason.</summary>
    public long Picks(string reason) => _picks.GetMeasurementSnapshot().Where(pick => Equals(pick.Tags["reason"], reason)).Sum(pick => pick.Value);

    public static async Task<RunningRouter> StartAsync(IEnumerable<string> destinations, Action<GemmaRouterOptions>? configure = null,
        IConfiguration? configuration = null, Action<HttpContext>? watch = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        if (configuration is not null) builder.Services.Configure<GemmaRouterOptions>(configuration);
        builder.Services.AddGemmaRouter(options =>
        {
            foreach (var destination in destinations) options.Destinations.Add(destination);
            options.HealthInterval = TimeSpan.FromMilliseconds(200);
            configure?.Invoke(options);
        });
        if (watch is not null) builder.Services.AddSingleton<ITransformProvider>(new Watch(watch));
        var application = builder.Build();
        application.MapGemmaRouter();
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new RunningRouter(application);
    }

    /// <summary>Sends a body; the answer is the server's name.</summary>
    public async Task<string> AskAsync(string path, object body, string? affinity = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (affinity is not null) request.Headers.Add(GemmaRouterDefaults.AffinityHeader, affinity);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return text;
    }

    /// <summary>Waits until something is so: generously, for a loaded machine.</summary>
    public static async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await condition()) return;
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"30 seconds later it was still not so: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _picks.Dispose();
        await _application.DisposeAsync();
    }

    /// <summary>Sees requests on their way to a server.</summary>
    private sealed class Watch(Action<HttpContext> watch) : ITransformProvider
    {
        public void ValidateRoute(TransformRouteValidationContext context)
        {
        }

        public void ValidateCluster(TransformClusterValidationContext context)
        {
        }

        public void Apply(TransformBuilderContext context) => context.AddRequestTransform(request =>
        {
            watch(request.HttpContext);
            return default;
        });
    }
}
