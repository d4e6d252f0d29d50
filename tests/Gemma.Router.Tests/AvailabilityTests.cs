using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Gemma.Router.Proxying;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Gemma.Router.Tests;

/// <summary>Servers that go, come and refuse.</summary>
public sealed class AvailabilityTests
{
    private const string Chat = "/v1/chat/completions";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ask_KilledServer_ConversationsMoveAndNoneIsLost()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var c = await Backend.StartAsync("c");
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address, c.Address]);
        var before = await AskAllAsync(router);
        await b.StopAsync();
        var after = await AskAllAsync(router);
        Assert.DoesNotContain("b", after);
        Assert.All(before.Zip(after), pair => Assert.True(pair.First == pair.Second || pair.First == "b", $"a chat moved from {pair.First} to {pair.Second}"));

        // And back, to where they were.
        await using var again = await Backend.StartAsync("b", port: b.Port);
        await RunningRouter.WaitAsync(async () => Enumerable.SequenceEqual(await AskAllAsync(router), before),
            "the conversations are back at their first server");
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Ask_RefusingServer_AnotherAnswersOnce(int status)
    {
        await using var a = await Backend.StartAsync("a", context => RefuseAsync(context, status));
        await using var b = await Backend.StartAsync("b");
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);
        Assert.All(await AskAllAsync(router), name => Assert.Equal("b", name));
        Assert.NotEmpty(a.Bodies);

        // The second server got the whole body, too.
        Assert.All(b.Bodies, body => Assert.EndsWith("}", body, StringComparison.Ordinal));
    }

    // Such as GET /v1/models: there is no body to begin again with.
    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(0)]
    public async Task Get_RefusingOrMissingServer_AnotherAnswers(int status)
    {
        await using var a = await Backend.StartAsync("a", context => RefuseAsync(context, status));
        await using var b = await Backend.StartAsync("b");
        await using var router = await RunningRouter.StartAsync([status == 0 ? $"http://127.0.0.1:{FreePort()}" : a.Address, b.Address],
            options => options.HealthInterval = TimeSpan.FromHours(1));
        for (var i = 0; i < 12; i++)
        {
            using var response = await router.Client.GetAsync("/v1/models", Token);
            Assert.Equal((HttpStatusCode.OK, "b"), (response.StatusCode, await response.Content.ReadAsStringAsync(Token)));
        }

        if (status > 0) Assert.NotEmpty(a.Bodies);
    }

    [Fact]
    public async Task Ask_NameThatIsNoText_ReachesTheServer()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);
        using var content = new StringContent("""{"\ud800aaaa":1,"messages":[{"role":"user","content":"A"}]}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await router.Client.PostAsync(Chat, content, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(a.Bodies.Concat(b.Bodies));
    }

    [Fact]
    public async Task Ask_AnswerHasBegun_TheBodyIsForgotten()
    {
        using var end = new SemaphoreSlim(0);
        await using var a = await Backend.StartAsync("a", AnswerAsync);
        await using var b = await Backend.StartAsync("b", AnswerAsync);
        var bodies = new List<WeakReference>();
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address], watch: context => bodies.Add(new WeakReference(context.Request.Body)));
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = new StringContent($"{{\"text\":\"{new string('a', 1 << 20)}\"}}") };
        using var response = await router.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        await RunningRouter.WaitAsync(() =>
        {
            GC.Collect();
            return Task.FromResult(bodies is [{ IsAlive: false }]);
        }, "the body is gone while the answer still runs");
        end.Release();
        Assert.Equal("begin end", await response.Content.ReadAsStringAsync(Token));

        async Task AnswerAsync(HttpContext context)
        {
            await context.Response.WriteAsync("begin ", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await end.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("end", context.RequestAborted);
        }
    }

    [Fact]
    public async Task Ask_AllRefuse_TheServersOwnAnswerArrives()
    {
        await using var a = await Backend.StartAsync("a", context => RefuseAsync(context, 429));
        await using var b = await Backend.StartAsync("b", context => RefuseAsync(context, 429));
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);
        using var response = await router.Client.PostAsJsonAsync(Chat, new { messages = new[] { new { role = "user", content = "A" } } }, Token);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal("no", await response.Content.ReadAsStringAsync(Token));
        Assert.Equal(7, response.Headers.RetryAfter?.Delta?.TotalSeconds);
        Assert.Equal(2, a.Bodies.Count + b.Bodies.Count);
    }

    [Fact]
    public async Task Ask_OtherErrors_AreNotTriedAgain()
    {
        await using var a = await Backend.StartAsync("a", context => RefuseAsync(context, 500));
        await using var b = await Backend.StartAsync("b", context => RefuseAsync(context, 500));
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);
        using var response = await router.Client.PostAsJsonAsync(Chat, new { messages = new[] { new { role = "user", content = "A" } } }, Token);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Single(a.Bodies.Concat(b.Bodies));
    }

    [Fact]
    public async Task Ask_BrokenStream_IsNotTriedAgainAndBreaks()
    {
        using var begun = new SemaphoreSlim(0);
        await using var a = await Backend.StartAsync("a", BreakAsync);
        await using var b = await Backend.StartAsync("b", BreakAsync);
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat)
        {
            Content = JsonContent.Create(new { messages = new[] { new { role = "user", content = "A" } } }),
        };
        using var response = await router.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        begun.Release();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(Token));
        Assert.True(error is HttpRequestException or IOException, error.ToString());
        Assert.Single(a.Bodies.Concat(b.Bodies));

        async Task BreakAsync(HttpContext context)
        {
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await begun.WaitAsync(context.RequestAborted);
            context.Abort();
        }
    }

    [Theory]
    [InlineData(Chat, "{\"error\":{\"message\":\"The server could not be reached.\"")]
    [InlineData("/api/chat", "{\"error\":\"The server could not be reached.\"}")]
    public async Task Ask_NoServer_IsAnErrorInTheRoutesShape(string path, string expected)
    {
        await using var router = await RunningRouter.StartAsync([$"http://127.0.0.1:{FreePort()}", $"http://127.0.0.1:{FreePort()}"]);
        using var response = await router.Client.PostAsJsonAsync(path, new { messages = new[] { new { role = "user", content = "A" } } }, Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.StartsWith(expected, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var ready = await router.Client.GetAsync("/health/ready", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        using var live = await router.Client.GetAsync("/health/live", Token);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task Health_ServerThatIsNotReady_GetsNothingUntilItIs()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        a.IsReady = false;
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);
        await RunningRouter.WaitAsync(async () => (await AskAllAsync(router)).All(name => name == "b"), "only b answers");
        a.IsReady = true;
        await RunningRouter.WaitAsync(async () => (await AskAllAsync(router)).Contains("a"), "a answers as well");
    }

    [Fact]
    public async Task Options_AddedServer_TakesItsShare()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        var configuration = new ConfigurationManager { ["Destinations:0"] = a.Address };
        await using var router = await RunningRouter.StartAsync([], configuration: configuration);
        Assert.All(await AskAllAsync(router), name => Assert.Equal("a", name));
        configuration["Destinations:1"] = b.Address;
        ((IConfigurationRoot)configuration).Reload();
        await RunningRouter.WaitAsync(async () => (await AskAllAsync(router)).Contains("b"), "b has its share");
    }

    [Fact]
    public async Task ResolveNames_Name_StandsForItsAddresses()
    {
        await using var a = await Backend.StartAsync("a", context => context.Response.WriteAsync(context.Request.Host.Value!, Token));
        await using var router = await RunningRouter.StartAsync([$"http://localhost:{a.Port}"], options => options.ResolveNames = true);
        Assert.Equal($"localhost:{a.Port}", await router.AskAsync(Chat, new { messages = new[] { new { role = "user", content = "A" } } }));
    }

    [Fact]
    public async Task Resolve_NameServerFails_LastAddressesStay()
    {
        await using var services = new ServiceCollection().Configure<GemmaRouterOptions>(options =>
        {
            options.Destinations.Add("http://servers.internal:8484");
            options.ResolveNames = true;
        }).BuildServiceProvider();
        Queue<string[]?> answers = new([null, ["10.0.0.1", "10.0.0.2"], null, ["10.0.0.3"], null]);
        var resolver = new NameResolver(services.GetRequiredService<IOptionsMonitor<GemmaRouterOptions>>(), (_, _) => answers.Dequeue() is { } addresses
                ? Task.FromResult(addresses.Select(IPAddress.Parse).ToArray())
                : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain)),
            TimeProvider.System, NullLogger<NameResolver>.Instance);
        foreach (var expected in (string[])["servers.internal", "10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2", "10.0.0.3", "10.0.0.3"])
        {
            var resolved = await resolver.ResolveDestinationsAsync(new Dictionary<string, DestinationConfig>
            {
                ["http://servers.internal:8484"] = new() { Address = "http://servers.internal:8484" },
            }, Token);
            Assert.Equal(expected, string.Join(' ', resolved.Destinations.Values.Select(destination => new Uri(destination.Address).Host)));
        }
    }

    [Theory]
    [InlineData("nothing", null, "Destinations: 'nothing' is no address")]
    [InlineData("http://127.0.0.1:1", "other", "Policy: there is no 'other'; there are")]
    [InlineData(null, null, "Destinations: there is none")]
    public async Task Start_WrongOptions_NamesTheOptionAndTheRemedy(string? destination, string? policy, string expected)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            RunningRouter.StartAsync(destination is null ? [] : [destination], options => options.Policy = policy ?? options.Policy));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static async Task<string[]> AskAllAsync(RunningRouter router)
    {
        var names = new string[12];
        for (var i = 0; i < names.Length; i++)
            names[i] = await router.AskAsync(Chat, new { messages = new[] { new { role = "user", content = $"Question {i}" } } });
        return names;
    }

    private static Task RefuseAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = "7";
        return context.Response.WriteAsync("no", context.RequestAborted);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
