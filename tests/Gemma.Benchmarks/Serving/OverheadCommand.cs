using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace Gemma.Benchmarks.Serving;

/// <summary>
/// <c>overhead</c>: the same streams through HTTP and through the client in this process, in turns; tokens per second of all together, and the time to a first
/// token alone.
/// </summary>
internal static class OverheadCommand
{
    private const string Prompt = "Tell me a story.";

    public static Command Create()
    {
        var package = new Argument<string>("PACKAGE") { Description = "A package or checkpoint." };
        var streams = new Option<int>("--streams") { Description = "Streams at the same time.", DefaultValueFactory = _ => 8 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of each.", DefaultValueFactory = _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds of each kind.", DefaultValueFactory = _ => 9 };
        var command = new Command("overhead", "Measures what HTTP costs beside the client in this process.") { package, streams, tokens, rounds };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var width = parsed.GetValue(streams);
            await using var server = await LoopbackServer.StartAsync(parsed.GetRequiredValue(package), width, cancellationToken);
            using var client = new HttpClient { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
            var bias = "{" + string.Join(',', server.Model.Package.EosTokenIds.Select(id => string.Create(CultureInfo.InvariantCulture, $"\"{id}\":-100")))
                + "}";
            Func<int, CancellationToken, Task<TimeSpan>> direct = (count, token) => DirectAsync(server.Chat, bias, count, token);
            Func<int, CancellationToken, Task<TimeSpan>> http = (count, token) => HttpAsync(client, bias, count, token);
            Dictionary<string, (List<double> Rates, List<double> FirstTokens)> results = new() { ["in process"] = ([], []), ["HTTP"] = ([], []) };
            for (var round = -2; round < parsed.GetValue(rounds); round++)
            {
                foreach (var (name, run) in ((string, Func<int, CancellationToken, Task<TimeSpan>>)[])[("in process", direct), ("HTTP", http)])
                {
                    var start = Stopwatch.GetTimestamp();
                    await Task.WhenAll(Enumerable.Range(0, width).Select(_ => run(parsed.GetValue(tokens), cancellationToken)));
                    var rate = width * parsed.GetValue(tokens) / Stopwatch.GetElapsedTime(start).TotalSeconds;
                    var first = await run(2, cancellationToken);

                    // The first rounds warm up.
                    if (round < 0) continue;
                    results[name].Rates.Add(rate);
                    results[name].FirstTokens.Add(first.TotalMilliseconds);
                }
            }

            Report(results);
            return 0;
        });
        return command;
    }

    private static void Report(Dictionary<string, (List<double> Rates, List<double> FirstTokens)> results)
    {
        var table = new Table().AddColumns("", "tokens/s (median)", "first token, ms (median)");
        foreach (var (name, (rates, firsts)) in results)
        {
            table.AddRow(name, Statistics.Median(rates).ToString("0.0", CultureInfo.InvariantCulture),
                Statistics.Median(firsts).ToString("0.00", CultureInfo.InvariantCulture));
        }
        AnsiConsole.Write(table);
        var (direct, http) = (results["in process"], results["HTTP"]);
        var slower = 100 * (1 - (Statistics.Median(http.Rates) / Statistics.Median(direct.Rates)));
        var later = Statistics.Median(http.FirstTokens) - Statistics.Median(direct.FirstTokens);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"HTTP costs {slower:0.0} % of the tokens per second and {later:0.00} ms of the first token");
    }

    private static async Task<TimeSpan> DirectAsync(IChatClient chat, string bias, int tokens, CancellationToken cancellationToken)
    {
        var options = new ChatOptions
        {
            MaxOutputTokens = tokens,
            AdditionalProperties = new AdditionalPropertiesDictionary { ["logit_bias"] = JsonElement.Parse(bias) },
        };
        var (start, first) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
        await foreach (var update in chat.GetStreamingResponseAsync(Prompt, options, cancellationToken))
        {
            if (first == TimeSpan.Zero && update.Text.Length > 0) first = Stopwatch.GetElapsedTime(start);
        }

        return first;
    }

    private static async Task<TimeSpan> HttpAsync(HttpClient client, string bias, int tokens, CancellationToken cancellationToken)
    {
        var body = string.Create(CultureInfo.InvariantCulture,
            $$"""{"stream":true,"max_tokens":{{tokens}},"logit_bias":{{bias}},"messages":[{"role":"user","content":"{{Prompt}}"}]}""");
        var (start, first) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(body, new MediaTypeHeaderValue("application/json")),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (first == TimeSpan.Zero && ChatFrames.Text(line) is { Length: > 0 }) first = Stopwatch.GetElapsedTime(start);
        }

        return first;
    }
}
