using System.Net;
using System.Text;
using Gemma.Router.Affinity;
using Microsoft.AspNetCore.Http;

namespace Gemma.Router.Tests;

/// <summary>Which requests belong together, and where they go.</summary>
public sealed class AffinityTests
{
    private const string Chat = "/v1/chat/completions";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Chat, """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"A"}]}""",
        """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"A"},{"role":"assistant","content":"B"},{"role":"user","content":"C"}],"stream":true}""")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"A"}]}""",
        """{"temperature":1,"messages":[{"role":"user","content":[{"type":"text","text":"A"}]}]}""")]
    [InlineData(Chat, """{"prompt_cache_key":"k","messages":[{"role":"user","content":"A"}]}""",
        """{"prompt_cache_key":"k","messages":[{"role":"user","content":"B"}]}""")]
    [InlineData("/v1/responses", """{"instructions":"S","input":[{"role":"user","content":"A"}]}""",
        """{"instructions":"S","input":[{"role":"user","content":"A"},{"role":"assistant","content":"B"},{"role":"user","content":"C"}]}""")]
    [InlineData("/api/chat", """{"model":"m","messages":[{"role":"user","content":"A"}]}""",
        """{"model":"m","messages":[{"role":"user","content":"A"},{"role":"assistant","content":"B"}]}""")]
    [InlineData("/api/generate", """{"model":"m","prompt":"A","stream":false}""", """{"model":"m","prompt":"A","options":{"seed":1}}""")]
    [InlineData("/v1/completions", """{"prompt":[1,2,3]}""", """{"prompt":[1,2,3],"max_tokens":5}""")]
    public void Read_RequestsOfOneConversation_HaveOneKey(string path, string first, string second)
    {
        var key = Rank(path, first);
        Assert.NotNull(key);
        Assert.Equal(key, Rank(path, second));
    }

    [Theory]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"A"}]}""", """{"messages":[{"role":"user","content":"B"}]}""")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"A"}]}""", """{"model":"m","messages":[{"role":"user","content":"A"}]}""")]
    [InlineData(Chat, """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"A"}]}""",
        """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"B"}]}""")]
    [InlineData(Chat, """{"prompt_cache_key":"k","messages":[{"role":"user","content":"A"}]}""",
        """{"prompt_cache_key":"l","messages":[{"role":"user","content":"A"}]}""")]
    [InlineData("/v1/responses", """{"instructions":"S","input":"A"}""", """{"instructions":"T","input":"A"}""")]
    [InlineData("/api/generate", """{"system":"S","prompt":"A"}""", """{"system":"T","prompt":"A"}""")]
    public void Read_DifferentConversations_HaveDifferentKeys(string path, string first, string second) =>
        Assert.NotEqual(Rank(path, first), Rank(path, second));

    [Theory]
    [InlineData("/v1/embeddings", """{"input":"A"}""")]
    [InlineData("/v1/classify", """{"input":"A"}""")]
    [InlineData("/rerank", """{"query":"A","documents":["B"]}""")]
    [InlineData("/v1/models", "")]
    [InlineData(Chat, "{")]
    [InlineData(Chat, "[1]")]
    [InlineData(Chat, """{"messages":7}""")]
    [InlineData(Chat, """{"\ud800aaaa":1,"messages":[{"role":"user","content":"A"}]}""")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"A","\ud800aaaa":1}]}""")]
    [InlineData("/v1/embeddings", """{"\ud800prompt_cache":1,"input":"A"}""")]
    public void Read_RequestsWithoutConversation_HaveNoKey(string path, string body) => Assert.Null(Rank(path, body));

    [Theory]
    [InlineData("/v1/embeddings", """{"input":"A"}""", """{"input":"B"}""")]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"A"}]}""", """{"messages":[{"role":"user","content":"B"}]}""")]
    public void Read_Header_WinsOverTheBody(string path, string first, string second)
    {
        Assert.NotNull(Rank(path, first, "x"));
        Assert.Equal(Rank(path, first, "x"), Rank(path, second, "x"));
        Assert.NotEqual(Rank(path, first, "x"), Rank(path, first, "y"));
    }

    [Fact]
    public async Task Pick_Conversations_StayAndSpread()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var c = await Backend.StartAsync("c");
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address, c.Address]);

        // Another router, with the servers in another order, agrees.
        await using var other = await RunningRouter.StartAsync([c.Address, a.Address, b.Address]);
        HashSet<string> used = [];
        for (var chat = 0; chat < 30; chat++)
        {
            var server = await router.AskAsync(Chat, Body(chat, turns: 1));
            used.Add(server);
            Assert.Equal(server, await router.AskAsync(Chat, Body(chat, turns: 3)));
            Assert.Equal(server, await other.AskAsync(Chat, Body(chat, turns: 5)));
        }

        Assert.Equal(3, used.Count);
        Assert.Equal(60, router.Picks("affinity"));
        Assert.Equal(0, router.Picks("overflow"));
    }

    [Fact]
    public async Task Pick_BusyServer_OverflowsToTheNext()
    {
        using var gate = new SemaphoreSlim(0);
        await using var a = await Backend.StartAsync("a", context => AnswerAsync(context, "a"));
        await using var b = await Backend.StartAsync("b", context => AnswerAsync(context, "b"));
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);

        // running + 1 ≤ 1.25 × mean + 3: the fourth of one conversation finds 3 running, a mean of 1.5, 4 ≤ 4.875; the fifth 5 ≤ 5.5; the sixth 6 ≤ 6.125; the
        // seventh 7 > 6.75.
        List<Task<string>> running = [];
        for (var i = 0; i < 7; i++)
        {
            running.Add(router.AskAsync(Chat, Body(0, turns: 1)));
            var expected = i + 1;
            await RunningRouter.WaitAsync(() => Task.FromResult(a.Bodies.Count + b.Bodies.Count == expected), "the request has come");
        }

        gate.Release(7);
        var servers = await Task.WhenAll(running);
        Assert.Single(servers[..6].Distinct());
        Assert.NotEqual(servers[0], servers[6]);
        Assert.Equal(1, router.Picks("overflow"));

        async Task AnswerAsync(HttpContext context, string name)
        {
            await gate.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync(name, context.RequestAborted);
        }
    }

    [Fact]
    public async Task Pick_WithoutKey_TakesTheLeastBusy()
    {
        using var gate = new SemaphoreSlim(0);
        await using var a = await Backend.StartAsync("a", context => gate.WaitAsync(context.RequestAborted));
        await using var b = await Backend.StartAsync("b", context => gate.WaitAsync(context.RequestAborted));
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address]);
        List<Task<string>> running = [];
        for (var i = 0; i < 6; i++)
        {
            running.Add(router.AskAsync("/v1/embeddings", new { input = "same" }));
            var expected = i + 1;
            await RunningRouter.WaitAsync(() => Task.FromResult(a.Bodies.Count + b.Bodies.Count == expected), "the request has come");
        }

        Assert.Equal((3, 3), (a.Bodies.Count, b.Bodies.Count));
        gate.Release(6);
        await Task.WhenAll(running);
        Assert.Equal(6, router.Picks("none"));
    }

    [Fact]
    public async Task Proxy_BodyBeyondTheLimit_IsRefused()
    {
        await using var a = await Backend.StartAsync("a");
        await using var b = await Backend.StartAsync("b");
        await using var router = await RunningRouter.StartAsync([a.Address, b.Address], options => options.MaxRequestBodyBytes = 2048);
        using var response = await router.Client.PostAsync(Chat, new StringContent(new string(' ', 3000), Encoding.UTF8, "application/json"), Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("request_too_large", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(a.Bodies.Concat(b.Bodies));
    }

    private static object Body(int chat, int turns) => new
    {
        messages = Enumerable.Range(0, turns)
            .Select(turn => new { role = turn % 2 == 0 ? "user" : "assistant", content = turn == 0 ? $"Question {chat}" : $"Text {turn}" }),
    };

    private static ulong? Rank(string path, string body, string? header = null)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        if (header is not null) context.Request.Headers[GemmaRouterDefaults.AffinityHeader] = header;
        return RoutingKeyReader.Read(context.Request, Encoding.UTF8.GetBytes(body))?.Rank("server");
    }
}
