using System.Diagnostics.Metrics;
using Gemma.Runtime;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Microsoft.ML.Tokenizers;

namespace Gemma.SemanticKernel.Tests.Hosting;

/// <summary>The model of a container: one load for all, cancellation, disposal in between, unloading.</summary>
public sealed class ModelLifetimeTests(TinyGemma tiny)
{
    [Fact]
    public async Task GetModelAsync_OneWaiterCancels_TheLoadGoesOnForTheOthers()
    {
        await using var provider = await BuildAsync();
        var models = provider.GetRequiredService<IGemmaModelSource>();
        using var source = new CancellationTokenSource();
        var impatient = models.GetModelAsync(source.Token).AsTask();
        var patient = models.GetModelAsync(TestContext.Current.CancellationToken);
        await source.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Same(await patient, await models.GetModelAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task GetService_ModelAndTokenizer_AreThereOnceTheModelIsLoaded()
    {
        await using var provider = await BuildAsync();
        var models = provider.GetRequiredService<IGemmaModelSource>();
        var client = provider.GetRequiredService<IChatClient>();
        Assert.Null(models.Loaded);
        Assert.Null(client.GetService<Tokenizer>());
        Assert.Null(client.GetService<GemmaModel>());
        var model = await models.GetModelAsync(TestContext.Current.CancellationToken);
        Assert.Same(model, models.Loaded);
        Assert.Same(model.Tokenizer, client.GetService<Tokenizer>());
        Assert.Same(model, client.GetService<GemmaModel>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Dispose_WhileLoading_TellsTheWaiterAndFreesTheModel(bool asynchronous)
    {
        for (var delay = 0; delay < 40; delay += 8)
        {
            var provider = await BuildAsync();
            var models = provider.GetRequiredService<IGemmaModelSource>();
            var waiting = models.GetModelAsync(TestContext.Current.CancellationToken).AsTask();
            await Task.Delay(delay, TestContext.Current.CancellationToken);
            if (asynchronous) await provider.DisposeAsync();
            else provider.Dispose();

            // The load was stopped, or its model was disposed.
            GemmaModel model;
            try
            {
                model = await waiting;
            }
            catch (ObjectDisposedException)
            {
                continue;
            }

            for (var i = 0; i < 200; i++)
            {
                if (await IsDisposedAsync(model)) break;
                Assert.True(i < 199, "the model was not freed");
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
    }

    [Fact]
    public async Task UnloadAfter_LongRequest_CountsFromItsEnd()
    {
        var time = new FakeTimeProvider();
        await using var provider = await BuildAsync(options => options.UnloadAfter = TimeSpan.FromMinutes(4), time);
        var models = provider.GetRequiredService<IGemmaModelSource>();
        var model = await models.GetModelAsync(TestContext.Current.CancellationToken);
        await foreach (var _ in model.GenerateAsync(new[] { 2, 916 }, new GenerationRequest
        {
            Config = new GenerationConfig { EosTokenId = [], MaxNewTokens = 1000 },
        }, TestContext.Current.CancellationToken))
        {
            // While the request runs, time passes.
            time.Advance(TimeSpan.FromMinutes(6));
            break;
        }

        for (var i = 0; i < 3000 && model.ActiveRequests > 0; i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(await IsDisposedAsync(model));
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.True(await IsDisposedAsync(model));
    }

    [Fact]
    public async Task UnloadAfter_LongWayFromTheModelToTheRequest_KeepsTheModel()
    {
        var time = new FakeTimeProvider();
        await using var provider = await BuildAsync(
            options =>
            {
                options.UnloadAfter = TimeSpan.FromMinutes(4);
                options.UseChatTemplate(new SlowTemplate(time));
            },
            time);
        var response = await provider.GetRequiredService<IChatClient>()
            .GetResponseAsync("Hello!", new ChatOptions { MaxOutputTokens = 3 }, TestContext.Current.CancellationToken);
        Assert.Equal(3, response.Usage!.OutputTokenCount);
        var model = provider.GetRequiredService<IGemmaModelSource>().Loaded!;
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(await IsDisposedAsync(model));
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.True(await IsDisposedAsync(model));
    }

    [Fact]
    public async Task UnloadAfter_LongLoad_CountsFromItsEnd()
    {
        var time = new FakeTimeProvider();
        using var meters = new SlowMeters(time);
        await using var provider = await BuildAsync(options => options.UnloadAfter = TimeSpan.FromMinutes(4), time, meters);
        var model = await provider.GetRequiredService<IGemmaModelSource>().GetModelAsync(TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMinutes(3));
        Assert.False(await IsDisposedAsync(model));
    }

    [Fact]
    public async Task HealthCheck_FailedLoad_IsUnhealthyWithTheError()
    {
        var folder = Directory.CreateTempSubdirectory("gemma-broken-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "genai_config.json"), "{", TestContext.Current.CancellationToken);
        try
        {
            var services = new ServiceCollection().AddLogging();
            services.AddGemma("bad", options => options.ModelPath = folder);
            services.AddHealthChecks().AddGemma("bad");
            await using var provider = services.BuildServiceProvider();
            await Assert.ThrowsAnyAsync<GemmaException>(() =>
                provider.GetRequiredService<IChatClient>().GetResponseAsync("x", cancellationToken: TestContext.Current.CancellationToken));
            var entry = (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries["gemma:bad"];
            Assert.Equal(HealthStatus.Unhealthy, entry.Status);
            Assert.IsAssignableFrom<GemmaException>(entry.Exception);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> IsDisposedAsync(GemmaModel model)
    {
        try
        {
            await model.ScoreAsync(new[] { 2 }, cancellationToken: TestContext.Current.CancellationToken);
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private async Task<ServiceProvider> BuildAsync(Action<GemmaOptions>? configure = null, TimeProvider? time = null, IMeterFactory? meters = null)
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var services = new ServiceCollection().AddSingleton(time ?? TimeProvider.System);
        if (meters is not null) services.AddSingleton(meters);
        services.AddGemma(options =>
        {
            options.ModelPath = package;
            configure?.Invoke(options);
        });
        return services.BuildServiceProvider();
    }

    // Rendering the prompt takes longer than the model may idle.
    private sealed class SlowTemplate(FakeTimeProvider time) : IChatTemplate
    {
        public string Name => "slow";

        public IReadOnlyList<PromptPart> Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
        {
            time.Advance(TimeSpan.FromMinutes(10));
            return [new PromptPart("<bos>", true), new PromptPart(turns[^1].Content, false)];
        }
    }

    // Called at the end of a load, which so takes longer than the model may idle.
    private sealed class SlowMeters(FakeTimeProvider time) : IMeterFactory
    {
        private readonly List<Meter> _meters = [];

        public Meter Create(MeterOptions options)
        {
            time.Advance(TimeSpan.FromMinutes(10));
            _meters.Add(new Meter(options));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
