using System.Diagnostics;
using System.Net.Http.Json;

namespace Gemma.Benchmarks.Routing;

/// <summary>What the router adds to a request, and takes from the throughput, in front of one and the same server.</summary>
internal static class RouterCost
{
    /// <summary>Milliseconds of a short request, one at a time: the median.</summary>
    public static async Task<double> LatencyAsync(Uri address, int requests, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = address };
        var times = new double[requests];
        for (var i = -requests / 10; i < requests; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var response = await client.PostAsJsonAsync("/tokenize", new { prompt = "Which shoes are good in the rain?" }, cancellationToken);
            response.EnsureSuccessStatusCode();
            if (i >= 0) times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[requests / 2];
    }

    /// <summary>Answers per second of so many streams at the same time.</summary>
    public static async Task<double> ThroughputAsync(Uri address, int streams, int requests, CancellationToken cancellationToken)
    {
        using var client = new HttpClient { BaseAddress = address };
        var next = 0;
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, streams).Select(async _ =>
        {
            for (int number; (number = Interlocked.Increment(ref next)) <= requests;)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
                {
                    Content = JsonContent.Create(new
                    {
                        stream = true,
                        max_tokens = 32,
                        messages = new[] { new { role = "user", content = $"Count to {number}" } }
                    }),
                };
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                response.EnsureSuccessStatusCode();
                await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                await body.CopyToAsync(Stream.Null, cancellationToken);
            }
        }));
        return requests / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
