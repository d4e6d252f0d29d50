using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma.Cli.Infrastructure;
using Gemma.Tests;

namespace Gemma.Cli.Tests;

/// <summary><c>gemma serve</c>, and <c>gemma route</c> before it, started in this process on free ports.</summary>
public sealed partial class ServeCommandTests(TinyGemmaHeads heads)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Serve_Dashboard_ShowsOnlyMetricsThatAreExported()
    {
        var dashboard = Path.Combine(SharedData.RepositoryRoot, "deploy", "grafana", "gemma.json");
        var alerts = Path.Combine(SharedData.RepositoryRoot, "deploy", "prometheus", "alerts.yaml");
        var named = MetricName().Matches(await File.ReadAllTextAsync(dashboard, Token) + await File.ReadAllTextAsync(alerts, Token))
            .Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        Assert.True(named.Count > 20);
        var exported = string.Empty;
        await RunAsync(["tiny=" + await heads.PackageAsync(), "sentiment=" + await heads.SentimentAsync(), "--threads", "1"], async client =>
        {
            using var classified = await client.PostAsJsonAsync("/v1/classify", JsonElement.Parse("""{"model":"sentiment","input":"Hello!"}"""), Token);
            Assert.True(classified.IsSuccessStatusCode);

            // Nobody listens at the first address: conversations that belong there are tried again.
            await RunAsync("Listening", ["route", "--to", "http://127.0.0.1:1", client.BaseAddress!.ToString()], async router =>
            {
                for (var i = 0; i < 64 && !exported.Contains("gemma_router_retries", StringComparison.Ordinal); i++)
                {
                    using var chat = await router.PostAsJsonAsync("/v1/chat/completions",
                        new { max_tokens = 2, messages = new[] { new { role = "user", content = $"Hello {i}!" } } }, Token);
                    Assert.True(chat.IsSuccessStatusCode, await chat.Content.ReadAsStringAsync(Token));
                    exported = await router.GetStringAsync("/metrics", Token);
                }
            });
            GC.Collect();
            exported += await client.GetStringAsync("/metrics", Token);
        });
        string[] missing =
            [.. named.Where(name => !exported.Contains($"\n{name}{{", StringComparison.Ordinal) && !exported.Contains($"\n{name} ", StringComparison.Ordinal))];
        Assert.True(missing.Length == 0, $"Not exported: {string.Join(", ", missing)}");
    }

    [Fact]
    public async Task Serve_WithKey_GuardsMetricsToo()
    {
        await RunAsync(["tiny=" + await heads.PackageAsync(), "--threads", "1", "--api-key", "secret"], async client =>
        {
            Assert.Equal(401, (int)(await client.GetAsync("/metrics", Token)).StatusCode);
            client.DefaultRequestHeaders.Authorization = new("Bearer", "secret");
            Assert.Equal(200, (int)(await client.GetAsync("/metrics", Token)).StatusCode);
        });
    }

    [Fact]
    public async Task Serve_OpenAddressWithoutKey_IsRefused()
    {
        var (exitCode, _, error) = await GemmaCommand.RunAsync(["serve", await heads.PackageAsync(), "--host", "0.0.0.0", "--port", "0"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("--no-auth", error, StringComparison.Ordinal);
    }

    /// <summary>A variable that is not set, or an empty file, must not open the server.</summary>
    [Theory]
    [InlineData("--api-key", "")]
    [InlineData("--api-key", " ")]
    [InlineData("--api-key-file", "EMPTY")]
    public async Task Serve_KeyThatIsNone_IsRefused(string option, string value)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("EMPTY"), "\n \n", Token);
        if (value == "EMPTY") value = folder.File(value);
        foreach (var host in (string[])["127.0.0.1", "0.0.0.0"])
        {
            var (exitCode, _, error) = await GemmaCommand.RunAsync(["serve", await heads.PackageAsync(), "--host", host, "--port", "0", option, value]);
            Assert.Equal(2, exitCode);
            Assert.Contains(option, error, StringComparison.Ordinal);
        }
    }

    /// <summary>The default address with a port that the system chooses; ready is warm too, with lm_head or without.</summary>
    [Fact]
    public async Task Serve_FreePortOfTheDefaultHost_Listens()
    {
        await RunAsync("Ready.", ["serve", "tiny=" + await heads.PackageAsync(), "sentiment=" + await heads.SentimentAsync(), "--threads", "1"], async client =>
        {
            Assert.Equal(200, (int)(await client.GetAsync("/health/ready", Token)).StatusCode);
        }, host: null);
    }

    private static Task RunAsync(string[] arguments, Func<HttpClient, Task> use) => RunAsync("Ready.", ["serve", .. arguments], use);

    private static async Task RunAsync(string ready, string[] arguments, Func<HttpClient, Task> use, string? host = "127.0.0.1")
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        stop.CancelAfter(Patience);
        using var error = new StringWriter();
        var writer = TextWriter.Synchronized(error);
        string Written()
        {
            lock (writer) return error.ToString();
        }

        using var console = new CommandConsole(TextReader.Null, TextWriter.Null, writer);
        var running = GemmaCommandLine.RunAsync([.. arguments, "--port", "0", .. host is null ? (string[])[] : ["--host", host]], console, stop.Token);
        try
        {
            while (!Written().Contains(ready, StringComparison.Ordinal) && !running.IsCompleted) await Task.Delay(20, stop.Token);
            using var client = new HttpClient { BaseAddress = new Uri(Address().Match(Written()).Groups[1].Value) };
            await use(client);
        }
        finally
        {
            await stop.CancelAsync();
            await running;
        }
    }

    [GeneratedRegex(@"\b(gemma|gen_ai_server|dotnet|kestrel|http_server)_[a-z_]+(?=[{\[)\s""]|$)")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"Listening on (http://[^;\s]+);")]
    private static partial Regex Address();
}
