using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Gemma.Benchmarks.Serving;

/// <summary>Requests at random over one connection pool: streamed, whole, malformed, and left in the middle.</summary>
internal sealed class SoakRun(HttpClient client, double leaving, double malformed)
{
    private const int Prompts = 64;
    private static readonly string[] Malformed = ["{", "[]", """{"messages":5}""", """{"messages":[{"role":"user","content":"x"}],"temperature":99}""",
        """{"messages":[{"role":"wizard"}]}"""];

    private readonly Random _random = new(1);
    private readonly Lock _lock = new();
    private string[] _expected = [];

    /// <summary>Runs every prompt alone.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var expected = new string[Prompts];
        for (var i = 0; i < Prompts; i++)
        {
            expected[i] = (await PostAsync(Body(i, false), false, cancellationToken)).Text
                ?? throw new InvalidOperationException($"The solo run of prompt {i} failed.");
        }
        _expected = expected;
    }

    /// <summary>One request.</summary>
    public async Task<SoakOutcome> RunAsync(CancellationToken cancellationToken)
    {
        var (prompt, kind, patience, isStreamed) = Draw();
        if (kind < malformed)
        {
            return (await PostAsync(Malformed[prompt % Malformed.Length], false, cancellationToken)).Status == 400
                ? SoakOutcome.Refused
                : SoakOutcome.WrongStatus;
        }
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (kind < malformed + leaving) leave.CancelAfter(patience);
        try
        {
            var (status, text) = await PostAsync(Body(prompt, isStreamed), isStreamed, leave.Token);
            return status != 200 ? SoakOutcome.WrongStatus : text == _expected[prompt] ? SoakOutcome.Equal : SoakOutcome.Different;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return SoakOutcome.Left;
        }
    }

    private (int Prompt, double Kind, TimeSpan Patience, bool IsStreamed) Draw()
    {
        lock (_lock) return (_random.Next(Prompts), _random.NextDouble(), TimeSpan.FromMilliseconds(_random.NextDouble() * 200), _random.Next(2) == 0);
    }

    private async Task<(int Status, string? Text)> PostAsync(string body, bool isStreamed, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(body, new MediaTypeHeaderValue("application/json")),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode) return ((int)response.StatusCode, null);
        return (200, isStreamed
            ? string.Concat(ChatFrames.Texts(text))
            : JsonElement.Parse(text).GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
    }

    // A third of the prompts begin alike, so that the prefix cache has something to do.
    private static string Body(int prompt, bool isStreamed) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"stream":{{(isStreamed ? "true" : "false")}},"max_tokens":{{4 + (prompt % 13)}},"seed":{{prompt}},"temperature":{{prompt % 4 / 2.0}},
         "messages":[{"role":"user","content":"{{(prompt % 3 == 0 ? "Please answer this question as briefly as you can. " : string.Empty)}}Question {{prompt}}?"}]}
        """);
}
