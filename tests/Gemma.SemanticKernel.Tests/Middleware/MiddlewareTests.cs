using System.Diagnostics.Metrics;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Gemma.SemanticKernel.Tests.Middleware;

/// <summary>The stock middleware over Gemma, and what the application sees of the model: telemetry, health, start-up.</summary>
public sealed class MiddlewareTests(TinyGemma tiny)
{
    private const string Hello = "Hello! How can I help you?";

    [Fact]
    public async Task UseOpenTelemetry_Span_HasModelUsageAndFinishReason()
    {
        List<System.Diagnostics.Activity> spans = [];
        using var tracer = Sdk.CreateTracerProviderBuilder().AddSource("test-source").AddSource(GemmaTelemetry.SourceName).AddInMemoryExporter(spans).Build();
        await using var provider = await BuildAsync(gemma => gemma.ChatClient.UseOpenTelemetry(sourceName: "test-source"));
        await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        var span = Assert.Single(spans, span => span.DisplayName == "chat tiny");
        Assert.Equal(("gemma", 11, 9),
            (span.GetTagItem("gen_ai.provider.name"), span.GetTagItem("gen_ai.usage.input_tokens"), span.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.Contains(spans, inner => inner.DisplayName == "gemma.generate" && inner.ParentSpanId == span.SpanId);
    }

    [Fact]
    public async Task UseDistributedCache_SameRequest_IsAnsweredFromTheCache()
    {
        var cache = new MemoryDistributedCache(Microsoft.Extensions.Options.Options.Create(new MemoryDistributedCacheOptions()));
        await using var provider = await BuildAsync(gemma => gemma.ChatClient.UseDistributedCache(cache));
        var client = provider.GetRequiredService<IChatClient>();
        var first = await client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        var second = await client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((Hello, first.ResponseId), (second.Text, second.ResponseId));
    }

    [Fact]
    public async Task ConfigureOptionsLoggingAndReducer_WorkTogether()
    {
        using var logs = new FakeLoggerProvider();
        using var loggers = LoggerFactory.Create(builder => builder.AddProvider(logs).SetMinimumLevel(LogLevel.Debug));
#pragma warning disable MEAI001 // the reducer is experimental
        await using var provider = await BuildAsync(gemma =>
            gemma.ChatClient.UseChatReducer(new MessageCountingChatReducer(1)).ConfigureOptions(options => options.MaxOutputTokens = 2).UseLogging(loggers));
#pragma warning restore MEAI001
        var response = await provider.GetRequiredService<IChatClient>()
            .GetResponseAsync([new(ChatRole.User, "My name is Anna."), new(ChatRole.Assistant, "Hi"), new(ChatRole.User, "Hello!")],
                cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((2L, 11L), (response.Usage!.OutputTokenCount, response.Usage.InputTokenCount));
        Assert.NotEmpty(logs.Collector.GetSnapshot());
    }

    [Fact]
    public async Task Metrics_FinishedRequest_AreRecordedUnderTheServerNames()
    {
        await using var provider = await BuildAsync(gemma => gemma.Services.AddMetrics());
        var meters = provider.GetRequiredService<IMeterFactory>();
        using var duration = new MetricCollector<double>(meters, GemmaTelemetry.SourceName, "gen_ai.server.request.duration");
        using var first = new MetricCollector<double>(meters, GemmaTelemetry.SourceName, "gen_ai.server.time_to_first_token");
        using var output = new MetricCollector<long>(meters, GemmaTelemetry.SourceName, "gemma.tokens.output");
        using var cache = new MetricCollector<long>(meters, GemmaTelemetry.SourceName, "gemma.cache.size");
        await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("tiny", Assert.Single(duration.GetMeasurementSnapshot()).Tags["gen_ai.request.model"]);
        Assert.Single(first.GetMeasurementSnapshot());
        Assert.Equal(9, Assert.Single(output.GetMeasurementSnapshot()).Value);
        cache.RecordObservableInstruments();
        Assert.True(cache.LastMeasurement!.Value > 0);
    }

    [Fact]
    public async Task HealthCheck_BeforeAndAfterTheLoad_IsDegradedThenHealthy()
    {
        await using var provider = await BuildAsync(gemma => gemma.Services.AddLogging().AddHealthChecks().AddGemma());
        var health = provider.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Degraded, (await health.CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
        await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        var report = await health.CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal((HealthStatus.Healthy, "tiny"), (report.Status, report.Entries["gemma"].Data["model"]));
    }

    [Fact]
    public async Task Host_LoadOnStart_LoadsWhileStarting()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGemma(options => (options.ModelPath, options.LoadOnStart) = (package, true));
        builder.Services.AddHealthChecks().AddGemma();
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy,
            (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Host_InvalidOptions_FailsWhileStarting()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddGemma(options => options.ModelPath = "");
        using var host = builder.Build();
        await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task UnloadAfter_IdleModel_IsFreedAndLoadedAgain()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var services = new ServiceCollection().AddSingleton<TimeProvider>(time);
        services.AddGemma(options => (options.ModelPath, options.UnloadAfter) = (package, TimeSpan.FromMinutes(5)));
        await using var provider = services.BuildServiceProvider();
        var source = provider.GetRequiredService<Gemma.Runtime.IGemmaModelSource>();
        var model = await source.GetModelAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Same(model, await source.GetModelAsync(TestContext.Current.CancellationToken));
        time.Advance(TimeSpan.FromMinutes(20));
        Assert.NotSame(model, await source.GetModelAsync(TestContext.Current.CancellationToken));
        Assert.Equal(Hello,
            (await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken)).Text);
    }

    private async Task<ServiceProvider> BuildAsync(Action<GemmaBuilder> configure)
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var builder = new ServiceCollection().AddGemma(options => (options.ModelPath, options.ModelId) = (package, "tiny"));
        configure(builder);
        return builder.Services.BuildServiceProvider();
    }
}
