using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Gemma.Server.Tests;

/// <summary>Errors name the request's field, and nothing of the library's.</summary>
public sealed class ErrorFieldTests(RunningServer server)
{
    private const string Hello = """ "messages":[{"role":"user","content":"Hello!"}] """;
    private const string Tool = """
        {"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"x":{"$ref":"#/nowhere"}},"required":["x"]}}}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/chat/completions", """{"messages":[{"role":"user","content":"LONG"}]}""", "messages")]
    [InlineData("/v1/completions", """{"prompt":"LONG"}""", "prompt")]
    [InlineData("/v1/embeddings", """{"input":"LONG"}""", "input")]
    [InlineData("/v1/classify", """{"model":"sentiment","input":"LONG"}""", "input")]
    [InlineData("/v1/responses", """{"input":"LONG"}""", "input")]
    [InlineData("/v1/embeddings", """{"input":"x","dimensions":100000}""", "dimensions")]
    [InlineData("/v1/chat/completions", """{"logit_bias":{"99999999":1},HELLO}""", "logit_bias")]
    [InlineData("/v1/completions", """{"logit_bias":{"99999999":1},"prompt":"x"}""", "logit_bias")]
    [InlineData("/v1/chat/completions", """{"tools":[{"type":"function","function":{"name":""}}],HELLO}""", "tools[0].function.name")]
    [InlineData("/v1/chat/completions",
        """{"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"tools":[{"name":"g"}]}},HELLO}""",
        "tool_choice")]
    [InlineData("/v1/chat/completions", """{"response_format":{"type":"json_schema","json_schema":{"schema":{"$ref":"#/nowhere"}}},HELLO}""",
        "response_format")]
    [InlineData("/v1/responses", """{"input":"x","text":{"format":{"type":"json_schema","name":"x","schema":{"$ref":"#/nowhere"}}}}""", "text.format")]
    [InlineData("/v1/chat/completions", """{"tool_choice":"required","tools":[TOOL],HELLO}""", "tools")]
    public async Task Request_ThatCannotBeHonoured_IsRefusedByItsField(string route, string body, string field)
    {
        using var client = await server.ClientAsync();
        var words = string.Concat(Enumerable.Repeat("word ", 3000));
        body = body.Replace("LONG", words, StringComparison.Ordinal).Replace("HELLO", Hello, StringComparison.Ordinal)
            .Replace("TOOL", Tool, StringComparison.Ordinal);
        var (status, answer) = await client.TryAsync(route, body);
        var error = answer.GetProperty("error");
        Assert.Equal((400, field), (status, error.GetProperty("param").GetString()));
        Assert.DoesNotContain("EmbeddingGenerationOptions", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Half of a surrogate pair is an error of the request wherever it stands, and before anything is computed.</summary>
    [Theory]
    [InlineData("/v1/chat/completions", """{"\ud800":1,HELLO}""", "body")]
    [InlineData("/v1/chat/completions", """{"tool_choice":"\ud800",HELLO}""", "tool_choice")]
    [InlineData("/v1/chat/completions", """{"metadata":{"a":["x",{"\ud800":1}]},HELLO}""", "metadata.a[1]")]
    [InlineData("/v1/responses", """{"input":"x","metadata":{"a":"\udc00"}}""", "metadata.a")]
    [InlineData("/v1/chat/completions",
        """{"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{\"x\":\"\\ud800\"}"}}]}]}""",
        "messages[1].tool_calls[0].function.arguments.x")]
    [InlineData("/api/chat", """{"model":"tiny","format":"\ud800",HELLO}""", null)]
    public async Task Text_ThatIsNoUnicode_IsRefused(string route, string body, string? field)
    {
        using var client = await server.ClientAsync();
        var (status, answer) = await client.TryAsync(route, body.Replace("HELLO", Hello, StringComparison.Ordinal));
        Assert.Equal(400, status);
        if (field is not null) Assert.Equal(field, answer.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task Text_ThatIsNoUtf8_IsRefused()
    {
        using var client = await server.ClientAsync();
        using var content = new ByteArrayContent([.. """{"messages":[{"role":"user","content":"""u8, (byte)'"', 0xFF, (byte)'"', .. "}]}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await client.PostAsync("/v1/chat/completions", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("messages[0].content", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    public async Task Body_BrokenOffInItsEncoding_IsRefused(string encoding)
    {
        using var client = await server.ClientAsync();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("\u0001\u0002\u0003 no such encoding, but long enough to be read as one"));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.ContentEncoding.Add(encoding);
        using var response = await client.PostAsync("/v1/chat/completions", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }
}
