using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gemma.Cli;
using Gemma.Cli.Infrastructure;
using Gemma.Tests;

namespace Gemma.Router.Tests;

/// <summary><c>gemma route</c> in front of two <c>gemma serve</c>, each a process of its own.</summary>
public sealed partial class RouteCommandTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Route_TwoServersAndOneKilled_ConversationsStayAndGoOn()
    {
        await using var models = new TinyGemmaHeads();
        var package = await models.PackageAsync();
        using var first = await CommandProcess.StartAsync("Ready.", "serve", $"first={package}", "--host", "127.0.0.1", "--port", "0", "--threads", "1");
        using var second = await CommandProcess.StartAsync("Ready.", "serve", $"second={package}", "--host", "127.0.0.1", "--port", "0", "--threads", "1");
        using var router = await CommandProcess.StartAsync("Listening", "route", "--to", first.Address, second.Address, "--host", "127.0.0.1", "--port", "0",
            "--api-key", "k");
        using var client = new HttpClient { BaseAddress = new Uri(router.Address) };
        using var refused = await client.PostAsJsonAsync("/v1/chat/completions", new { }, Token);
        Assert.Equal(401, (int)refused.StatusCode);
        client.DefaultRequestHeaders.Authorization = new("Bearer", "k");

        // The second turn's prompt is in the cache of the server that had the first, so it is the same one.
        Dictionary<string, string> servers = [];
        foreach (var question in (string[])["Hello!", "What is the capital of France?", "Tell me a joke.", "How many legs has a spider?", "Who are you?"])
        {
            var beginning =
                $"You are a friendly assistant who answers in few words and always tells the truth. My first question to you is this one: {question}";
            var (server, answer, _) = await AskAsync(client, [("user", beginning)]);
            var (again, _, cached) = await AskAsync(client, [("user", beginning), ("assistant", answer), ("user", "And now?")]);
            Assert.Equal(server, again);
            Assert.True(cached > 0, $"'{question}': nothing of the second prompt was in the cache");
            servers[question] = server;
        }

        using var page = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        page.Headers.Add("Origin", router.Address.TrimEnd('/'));
        Assert.Equal(200, (int)(await client.SendAsync(page, Token)).StatusCode);
        var (killed, left) = servers.ContainsValue("first") ? (first, "second") : (second, "first");
        killed.Kill();
        foreach (var question in servers.Keys) Assert.Equal(left, (await AskAsync(client, [("user", question)])).Server);
        using var metrics = await client.GetAsync("/metrics", Token);
        Assert.Contains("gemma_router_picks", await metrics.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--load-slack", "0", "LoadSlack")]
    [InlineData("--load-factor", "0.5", "LoadFactor")]
    [InlineData("--load-slack", "many", "many")]
    public async Task Route_WrongLoad_IsRefusedByName(string option, string value, string expected)
    {
        var error = new StringWriter();
        using var console = new CommandConsole(TextReader.Null, TextWriter.Null, error);
        var exitCode = await GemmaCommandLine.RunAsync(["route", "--to", "http://127.0.0.1:1", "--host", "127.0.0.1", "--port", "0", option, value], console,
            Token);
        Assert.True(exitCode == 2, error.ToString());
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<(string Server, string Answer, int Cached)> AskAsync(HttpClient client, (string Role, string Content)[] messages)
    {
        using var response = await client.PostAsJsonAsync("/v1/chat/completions", new
        {
            max_tokens = 8,
            messages = messages.Select(message => new { role = message.Role, content = message.Content })
        }, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, text);
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        var cached = root.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
        return (root.GetProperty("model").GetString()!, root.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!, cached);
    }

    /// <summary>A <c>gemma</c> process that listens.</summary>
    private sealed partial class CommandProcess : IDisposable
    {
        private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

        // The command's own folder: beside the tests lies only what they need themselves.
        private static readonly string Command = Path.Combine(SharedData.RepositoryRoot, "src", "Gemma.Cli", "bin",
            new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name, "net10.0", "gemma.dll");

        private readonly Process _process;

        private CommandProcess(Process process, string address) => (_process, Address) = (process, address);

        public string Address { get; }

        public static async Task<CommandProcess> StartAsync(string ready, params string[] arguments)
        {
            var start = new ProcessStartInfo("dotnet", [Command, .. arguments]) { RedirectStandardError = true };
            var process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(Limit);
            string? address = null;
            while (await process.StandardError.ReadLineAsync(limit.Token) is { } line)
            {
                address ??= Listening().Match(line) is { Success: true } match ? match.Groups[1].Value : null;
                if (!line.StartsWith(ready, StringComparison.Ordinal) || address is null) continue;

                // Whatever it says later must not block it.
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return new CommandProcess(process, address);
            }

            process.Dispose();
            throw new InvalidOperationException($"'gemma {string.Join(' ', arguments)}' ended early.");
        }

        public void Kill() => _process.Kill();

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }

        [GeneratedRegex("Listening on (http://[^;]+);")]
        private static partial Regex Listening();
    }
}
