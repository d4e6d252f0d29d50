using System.Net;
using Gemma.Tests;

namespace Gemma.Server.Tests;

/// <summary>Sites that the server's owner names may use it from their pages; no other may.</summary>
public sealed class CorsTests(TinyGemmaHeads heads)
{
    private const string Site = "https://chat.example";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_OfANamedSite_IsAnsweredWithKeyAndWithoutCredentials()
    {
        await using var server = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.ApiKeys.Add("key"), corsOrigins: Site + "/");
        using var client = server.Client();

        // A browser asks first, and without the key.
        using var asked = await SendAsync(client, HttpMethod.Options, Site, key: false);
        Assert.Equal((HttpStatusCode.NoContent, Site), (asked.StatusCode, Header(asked, "Access-Control-Allow-Origin")));
        Assert.Contains("authorization", Header(asked, "Access-Control-Allow-Headers")!, StringComparison.OrdinalIgnoreCase);
        using var answered = await SendAsync(client, HttpMethod.Get, Site, key: true);
        Assert.Equal((HttpStatusCode.OK, Site), (answered.StatusCode, Header(answered, "Access-Control-Allow-Origin")));
        Assert.Null(Header(answered, "Access-Control-Allow-Credentials"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(client, HttpMethod.Get, Site, key: false)).StatusCode);
        foreach (var other in (string[])["https://chat.example.evil", "http://chat.example", "https://chat.example:8443", "null"])
        {
            using var refused = await SendAsync(client, HttpMethod.Get, other, key: true);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Null(Header(refused, "Access-Control-Allow-Origin"));
        }
    }

    [Theory]
    [InlineData("*")]
    [InlineData("chat.example")]
    [InlineData("https://chat.example/path")]
    [InlineData("file:///")]
    public async Task Start_OriginThatIsNone_IsRefused(string origin)
    {
        var package = await heads.PackageAsync();
        var error = await Assert.ThrowsAnyAsync<ArgumentException>(() => StartedServer.StartAsync(package, corsOrigins: origin));
        Assert.Contains(origin, error.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string origin, bool key)
    {
        using var request = new HttpRequestMessage(method, "/v1/models");
        request.Headers.TryAddWithoutValidation("Origin", origin);
        if (key) request.Headers.Authorization = new("Bearer", "key");
        if (method == HttpMethod.Options)
        {
            request.Headers.Add("Access-Control-Request-Method", "GET");
            request.Headers.Add("Access-Control-Request-Headers", "authorization");
        }

        return await client.SendAsync(request, Token);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
