using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using Gemma.Runtime;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gemma.Server.Tests;

/// <summary>Clients that leave, servers that stop, and what is left over.</summary>
public sealed class LifecycleTests(TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Endless = """ "max_tokens":900,"logit_bias":{"1":-100,"107":-100},"messages":[{"role":"user","content":"Hello!"}] """;

    private const string EndlessRaw =
        """ "model":"tiny","raw":true,"prompt":"Hello!","options":{"num_predict":900,"logit_bias":{"1":-100,"107":-100} } """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Bugs 1, 2, 3 and 4 of others' servers: whoever leaves is dropped in the queue and in the batch, streamed or not.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, false, "/api/generate")]
    [InlineData(false, false, "/api/generate")]
    public async Task Bug01To04_ClientThatLeaves_FreesItsPlace(bool isQueued, bool isStreamed, string route = Chat)
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureModel: options => options.MaxConcurrentRequests = isQueued ? 1 : 4);
        using var client = server.Client();
        var busy = isQueued ? await BusyModel.StartAsync(server.Model) : null;
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var before = server.Model.Scheduler.Statistics.GeneratedTokens;
        using var request = new HttpRequestMessage(HttpMethod.Post, route)
        {
            Content = Wire.Json($$"""{"stream":{{(isStreamed ? "true" : "false")}},{{(route == Chat ? Endless : EndlessRaw)}}}"""),
        };
        var running = ReadAsync(client, request, leave.Token);
        if (isQueued) await Eventually.HoldsAsync(() => server.Model.QueueLength == 1);
        else await Eventually.HoldsAsync(() => server.Model.Scheduler.Statistics.GeneratedTokens > before);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Eventually.HoldsAsync(() => server.Model.QueueLength == 0);
        if (busy is not null) await busy.DisposeAsync();
        await Eventually.HoldsAsync(() => server.Model.ActiveRequests == 0);
        if (isQueued) Assert.True(server.Model.Scheduler.Statistics.GeneratedTokens - before <= 2, "A request that had left the queue ran.");
        else Assert.True(server.Model.Scheduler.Statistics.GeneratedTokens - before < 900, "The generation ran to its end.");
        Assert.Equal("Hello! How can I help you?", await HelloAsync(client));
    }

    /// <summary>Bug 3 of others' servers: a long prompt is not read to its end for a client that has left.</summary>
    [Fact]
    public async Task Bug03_ClientThatLeavesWhileItsPromptIsRead_FreesItsPlace()
    {
        using var log = new LogLines();
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), logger: log);
        using var client = server.Client();

        // Beside an answer a prompt is read piece by piece, one between two of the answer's tokens.
        await using var beside = await SteppedModel.StartAsync(server.Model);
        var before = server.Model.Scheduler.Statistics.PromptTokens;
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = Wire.Json($$"""{"max_tokens":1,"prompt":[{{string.Join(',', Enumerable.Repeat(916, 1000))}}]}"""),
        };
        var running = ReadAsync(client, request, leave.Token);
        await Eventually.HoldsAsync(() => server.Model.QueueLength == 1);
        while (server.Model.Scheduler.Statistics.PromptTokens == before) await beside.StepAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Eventually.HoldsAsync(() => log.All.Any(line => line.Contains(" cancelled: ", StringComparison.Ordinal)));
        await Eventually.HoldsAsync(async () =>
        {
            await beside.StepAsync();
            return server.Model.ActiveRequests == 1;
        });
        Assert.InRange(server.Model.Scheduler.Statistics.PromptTokens - before, 1, 900);
    }

    /// <summary>Bug 5 of others' servers: nothing of a request that ended is kept.</summary>
    [Fact]
    public async Task Bug05_EndedRequests_AreForgotten()
    {
        List<WeakReference> seen = [];
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureServices: services => services.AddKeyedSingleton<IChatClient>("tiny", (provider, key) =>
            new Gemma.Runtime.Chat.GemmaChatClient(provider.GetRequiredKeyedService<IGemmaModelSource>(key)).AsBuilder()
                .Use((messages, options, next, cancellationToken) =>
            {
                lock (seen) seen.Add(new WeakReference(options));
                return next(messages, options, cancellationToken);
            }).Build(provider)));
        using var client = server.Client();
        for (var i = 0; i < 30; i++)
        {
            if (i % 3 == 0) await client.FramesAsync(Chat, """{"stream":true,"max_tokens":2,"messages":[{"role":"user","content":"Hello!"}]}""");
            else if (i % 3 == 1) await client.PostAsync(Chat, """{"max_tokens":2,"messages":[{"role":"user","content":"Hello!"}]}""");
            else await client.TryAsync(Chat, """{"max_tokens":2000000,"messages":[{"role":"user","content":"Hello!"}]}""");
        }

        Assert.Equal(30, seen.Count);
        await Eventually.HoldsAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return seen.Count(reference => reference.IsAlive) <= 2;
        });
    }

    /// <summary>Bug 23 of others' servers: a server that stops says so, takes nothing new, and ends what runs.</summary>
    [Fact]
    public async Task Bug23_Stop_EndsRunningRequestsAndTakesNoNewOnes()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync());
        using var client = server.Client();
        var busy = await BusyModel.StartAsync(server.Model);
        var running = client.FramesAsync(Chat, """{"stream":true,"messages":[{"role":"user","content":"Hello!"}]}""");
        await Eventually.HoldsAsync(() => server.Model.QueueLength == 1);
        var stopped = server.Application.StopAsync(Token);
        using var late = server.Client();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                using var answer = await late.GetAsync("/health/ready", Token);
                return answer.StatusCode == HttpStatusCode.ServiceUnavailable;
            }
            catch (HttpRequestException)
            {
                return true;
            }
        });
        Assert.False(running.IsCompleted);
        await busy.DisposeAsync();
        Assert.Equal("[DONE]", (await running)[^1].Data);
        await stopped;
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => late.GetAsync("/health/live", Token));
    }

    [Fact]
    public async Task Stop_WithoutPatience_BreaksStreamsOff()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureServices: services => services.PostConfigure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.Zero));
        using var client = server.Client();
        await using var busy = await BusyModel.StartAsync(server.Model);
        var running = client.PostAsync(Chat, Wire.Json("""{"messages":[{"role":"user","content":"Hello!"}]}"""), Token);
        await Eventually.HoldsAsync(() => server.Model.QueueLength == 1);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await server.Application.StopAsync(Token);
            await running;
        });
        await Eventually.HoldsAsync(() => server.Model.QueueLength == 0);
    }

    [Fact]
    public async Task Queue_Full_IsRefusedWithATimeToTryAgain()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureModel: options => (options.MaxConcurrentRequests, options.MaxQueueLength) = (1, 1));
        using var client = server.Client();
        var busy = await BusyModel.StartAsync(server.Model);
        var waiting = HelloAsync(client);
        await Eventually.HoldsAsync(() => server.Model.QueueLength == 1);
        foreach (var (route, expected) in ((string, int)[])[(Chat, 429), ("/api/chat", 503)])
        {
            using var refused = await client.PostAsync(route, Wire.Json("""{"model":"tiny","stream":true,"messages":[{"role":"user","content":"Hello!"}]}"""),
                Token);
            Assert.Equal(expected, (int)refused.StatusCode);
            Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        }

        await busy.DisposeAsync();
        Assert.Equal("Hello! How can I help you?", await waiting);
    }

    [Fact]
    public async Task Failure_OfTheModel_IsToldWithoutItsReasonAndLogged()
    {
        using var log = new LogLines();
        var fails = true;
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), logger: log,
            configureServices: services => services.AddKeyedSingleton<IChatClient>("tiny", (provider, key) =>
            new Gemma.Runtime.Chat.GemmaChatClient(provider.GetRequiredKeyedService<IGemmaModelSource>(key)).AsBuilder()
                .Use((messages, options, next, cancellationToken) =>
                fails ? throw new IOException("/secret/place is broken") : next(messages, options, cancellationToken)).Build(provider)));
        using var client = server.Client();
        using var failed = await client.PostAsync(Chat, Wire.Json("""{"messages":[{"role":"user","content":"Hello!"}]}"""), Token);
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        Assert.Equal("false", failed.Headers.GetValues("x-should-retry").Single());
        Assert.DoesNotContain("secret", await failed.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Contains(log.All,
            line => line.Contains("/secret/place", StringComparison.Ordinal)
                && line.Contains(failed.Headers.GetValues("X-Request-Id").Single(), StringComparison.Ordinal));
        fails = false;
        Assert.Equal("Hello! How can I help you?", await HelloAsync(client));
    }

    /// <summary>Clients overlook an error frame alone, so the connection breaks behind it.</summary>
    [Fact]
    public async Task Failure_AfterTheFirstByte_IsAFrameAndABrokenConnection()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureServices: services => services.AddKeyedSingleton<IChatClient>("tiny", (provider, key) =>
            new Gemma.Runtime.Chat.GemmaChatClient(provider.GetRequiredKeyedService<IGemmaModelSource>(key)).AsBuilder()
                .Use(getResponseFunc: null, getStreamingResponseFunc: BreakOffAsync).Build(provider)));
        using var client = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat)
        {
            Content = Wire.Json("""{"stream":true,"messages":[{"role":"user","content":"Hello!"}]}"""),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        List<string> lines = [];
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await reader.ReadLineAsync(Token) is { } line) lines.Add(line);
        });
        Assert.StartsWith("data: {\"error\":{", lines.Last(line => line.Length > 0), StringComparison.Ordinal);
        Assert.DoesNotContain(lines, line => line.Contains("secret", StringComparison.Ordinal) || line.Contains("[DONE]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_NeverHasPromptsKeysOrForgedLines()
    {
        using var log = new LogLines();
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.ApiKeys.Add("hidden-key"), logger: log);
        using var client = server.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", "hidden-key");
        await client.PostAsync(Chat, """{"messages":[{"role":"user","content":"hidden-prompt\ncrit: forged"}],"user":"x\ncrit: forged"}""");
        await client.TryAsync(Chat, """{"model":"x\r\ncrit: forged","messages":[{"role":"user","content":"hidden-prompt"}]}""");
        using var path = await client.GetAsync("/v1/models/x%0d%0acrit:%20forged", Token);
        Assert.NotEmpty(log.All);
        Assert.DoesNotContain(log.All, line => line.Contains("hidden-", StringComparison.Ordinal));
        Assert.DoesNotContain(log.All, line => line.StartsWith("Gemma", StringComparison.Ordinal) && line.Contains("\ncrit: forged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Outcomes_AreCountedOnce()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync());
        List<string> counted = [];
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => Listen(server, instrument, self) };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (counted) counted.Add(string.Join(' ', tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => tag.Value)));
        });
        listener.Start();
        using var client = server.Client();
        await HelloAsync(client);
        await client.TryAsync(Chat, """{"model":"nobody","messages":[]}""");
        await client.TryAsync("/api/chat", """{"model":"tiny","messages":[{"role":"wizard"}]}""");
        await Eventually.HoldsAsync(() => Locked(counted).Length == 3);
        Assert.Equal([$"tiny {Chat} ok", $"{Chat} rejected", "tiny /api/chat rejected"], Locked(counted));
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> BreakOffAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, IChatClient inner,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var update in inner.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            yield return update;
            if (update.Text.Length > 0) throw new IOException("/secret/place is broken");
        }
    }

    // A response that is merely disposed of is read on for a while; a cancelled read breaks the connection.
    private static async Task ReadAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await response.Content.ReadAsStringAsync(cancellationToken);
    }

    private static string[] Locked(List<string> list)
    {
        lock (list) return [.. list];
    }

    private static void Listen(StartedServer server, Instrument instrument, MeterListener self)
    {
        var scope = server.Application.Services.GetRequiredService<IMeterFactory>();
        if (instrument.Name == "gemma.requests" && ReferenceEquals(instrument.Meter.Scope, scope)) self.EnableMeasurementEvents(instrument);
    }

    private static async Task<string?> HelloAsync(HttpClient client)
    {
        var answer = await client.PostAsync(Chat, """{"messages":[{"role":"user","content":"Hello!"}]}""");
        return answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
    }
}
