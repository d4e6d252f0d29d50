using System.Net.Http.Headers;
using System.Text.Json;

namespace Gemma.Server.Tests;

/// <summary>Requests and answers as they go over the wire.</summary>
internal static class Wire
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));

    /// <summary>The answer, which must be a success.</summary>
    public static async Task<JsonElement> PostAsync(this HttpClient client, string route, string body)
    {
        using var response = await client.PostAsync(route, Json(body), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.IsSuccessStatusCode, $"{route} answered {(int)response.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>The status and the answer, whatever it is.</summary>
    public static async Task<(int Status, JsonElement Body)> TryAsync(this HttpClient client, string route, string body)
    {
        using var response = await client.PostAsync(route, Json(body), Token);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)));
    }

    /// <summary>A stream's frames: the event's name, or null, and the data.</summary>
    public static async Task<IReadOnlyList<(string? Name, string Data)>> FramesAsync(this HttpClient client, string route, string body)
    {
        using var response = await client.PostAsync(route, Json(body), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.Content.Headers.ContentType?.MediaType == "text/event-stream", text);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(frame => frame[0] != ':').Select(Frame)];
    }

    private static (string? Name, string Data) Frame(string frame)
    {
        var lines = frame.Split('\n');
        return (lines.FirstOrDefault(line => line.StartsWith("event: ", StringComparison.Ordinal))?["event: ".Length..],
            lines.Single(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..]);
    }
}
