using System.Net;
using System.Net.Sockets;
using System.Text;
using Gemma.Runtime;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Tests;

/// <summary>Bugs that others' servers were reported to have: values and sizes without limit, ways around keys, names that become paths.</summary>
public sealed class ReportedLimitBugTests(RunningServer server)
{
    private const string Chat = "/v1/chat/completions";
    private const string Hello = """ "messages":[{"role":"user","content":"Hello!"}] """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>14: deep or huge patterns and schemas end soon, and refused.</summary>
    [Theory]
    [InlineData("pattern")]
    [InlineData("schema")]
    [InlineData("repeat")]
    public async Task Bug14_SchemaWithoutEnd_IsRefusedSoon(string kind)
    {
        using var client = await server.ClientAsync();
        var schema = kind switch
        {
            "pattern" => $$"""{"type":"string","pattern":"{{new string('(', 60_000)}}a{{new string(')', 60_000)}}" }""",
            "schema" => string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 20_000)) + "{}" + new string('}', 20_000),
            _ => """{"type":"string","pattern":"((((a{1,999}){1,999}){1,999}){1,999})"}""",
        };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        using var response = await client.PostAsync(Chat,
            Wire.Json($$"""{ {{Hello}},"response_format":{"type":"json_schema","json_schema":{"schema":{{schema}} } } }"""), patience.Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    /// <summary>16 and 17: values beyond their range are refused by the field's name.</summary>
    [Theory]
    [InlineData("temperature", "1e300")]
    [InlineData("temperature", "-1")]
    [InlineData("temperature", "\"NaN\"")]
    [InlineData("top_p", "1.5")]
    [InlineData("top_k", "1e20")]
    [InlineData("min_p", "-0.1")]
    [InlineData("repetition_penalty", "0")]
    [InlineData("frequency_penalty", "1e9")]
    [InlineData("presence_penalty", "-3")]
    [InlineData("seed", "99999999999999999999")]
    [InlineData("n", "16384")]
    [InlineData("n", "0")]
    [InlineData("max_tokens", "-1")]
    [InlineData("max_tokens", "99999999999")]
    [InlineData("stop", "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]")]
    public async Task Bug16And17_ValueOutOfRange_IsRefusedByName(string field, string value)
    {
        using var client = await server.ClientAsync();
        foreach (var (route, input) in ((string, string)[])[(Chat, Hello), ("/v1/completions", """ "prompt":"Hello" """)])
        {
            var (status, answer) = await client.TryAsync(route, $$"""{"{{field}}":{{value}},{{input}}}""");
            Assert.Equal((400, field), (status, answer.GetProperty("error").GetProperty("param").GetString()));
        }
    }

    /// <summary>17: lists and counts of the other routes have limits too.</summary>
    [Theory]
    [InlineData("/v1/completions", """{"prompt":"x","logprobs":21}""")]
    [InlineData("/v1/completions", """{"prompt":"x","best_of":16384}""")]
    [InlineData("/v1/embeddings", """{"input":LIST}""")]
    [InlineData("/v1/classify", """{"model":"sentiment","input":LIST}""")]
    [InlineData("/v1/rerank", """{"model":"tiny/reward","query":"x","documents":LIST}""")]
    [InlineData("/v1/moderations", """{"input":LIST}""")]
    public async Task Bug17_TooMany_IsRefused(string route, string body)
    {
        using var client = await server.ClientAsync();
        var list = "[" + string.Join(',', Enumerable.Repeat("\"a\"", 2049)) + "]";
        Assert.Equal(400, (await client.TryAsync(route, body.Replace("LIST", list, StringComparison.Ordinal))).Status);
    }

    /// <summary>18: huge headers and bodies are refused before they are read whole.</summary>
    [Fact]
    public async Task Bug18_HugeHeaderOrBody_IsRefused()
    {
        using var client = await server.ClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        request.Headers.Add("X-Long", new string('x', 100_000));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await client.SendAsync(request, Token)).StatusCode);
        client.DefaultRequestHeaders.ExpectContinue = true;
        var (status, answer) = await client.TryAsync(Chat, $$"""{"user":"{{new string('x', 9 << 20)}}",{{Hello}}}""");
        Assert.Equal((413, "request_too_large"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(400, (await client.TryAsync(Chat, new string('[', 5000))).Status);
    }

    /// <summary>19: no spelling of a path leads around the key, nor does a wrong key.</summary>
    [Theory]
    [InlineData("/v1/models")]
    [InlineData("//v1/models")]
    [InlineData("/v1/models/")]
    [InlineData("/V1/MODELS")]
    [InlineData("/health/../v1/models")]
    [InlineData("/health/live/../../v1/models")]
    [InlineData("/health%2f..%2fv1%2fmodels")]
    [InlineData("/v1/models?x=/health/live")]
    [InlineData("/v1/models;/health")]
    public async Task Bug19_PathInAnotherSpelling_NeedsTheKey(string path)
    {
        foreach (var header in (string[])["", "Authorization: Bearer wrong\r\n", $"Authorization: {RunningServer.Key}\r\n", "X-Api-Key: \r\n",
            "Authorization: Basic !!\r\n"])
            Assert.StartsWith("HTTP/1.1 401 ", await RawAsync($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n"),
                StringComparison.Ordinal);
    }

    /// <summary>20: no page of another site gets in, whatever name it resolves to this address, and nothing allows it to.</summary>
    [Theory]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: evil.example\r\n", "400")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: localhost.evil.example\r\n", "400")]
    [InlineData("GET /v1/models HTTP/1.0\r\n", "400")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n", "403")]
    [InlineData("OPTIONS /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n", "403")]
    public async Task Bug20_RequestOfAnotherSite_IsRefusedWithoutCors(string request, string status)
    {
        var answer = await RawAsync($"{request}Authorization: Bearer {RunningServer.Key}\r\nConnection: close\r\n\r\n");
        Assert.Contains($" {status} ", answer[..answer.IndexOf('\r', StringComparison.Ordinal)], StringComparison.Ordinal);
        Assert.DoesNotContain("Access-Control-", answer, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>21: a model's name is never a path, and no answer tells one.</summary>
    [Theory]
    [InlineData("/v1/models/..%2f..%2fetc%2fpasswd", null)]
    [InlineData("/v1/models//etc/passwd", null)]
    [InlineData("/v1/models", null)]
    [InlineData("/api/tags", null)]
    [InlineData("/info", null)]
    [InlineData("/api/show", """{"model":"tiny"}""")]
    [InlineData("/api/show", """{"model":"/etc/passwd"}""")]
    [InlineData("/v1/classify", """{"model":"tiny/../../x","input":"x"}""")]
    [InlineData("/v1/embeddings", """{"model":"sentiment","input":5}""")]
    [InlineData("/v1/chat/completions", """{"model":"sentiment","messages":[{"role":"user","content":"x"}]}""")]
    public async Task Bug21_Answer_TellsNoPath(string route, string? body)
    {
        using var client = await server.ClientAsync();
        using var response = body is null ? await client.GetAsync(route, Token) : await client.PostAsync(route, Wire.Json(body), Token);
        Assert.NotEqual(500, (int)response.StatusCode);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.DoesNotContain(Path.GetTempPath(), text, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", text, StringComparison.Ordinal);
        Assert.DoesNotContain(" at Gemma.", text, StringComparison.Ordinal);
    }

    /// <summary>24: a conversation that does not fit is refused before it waits; one that just fits ends at the context's end.</summary>
    [Fact]
    public async Task Bug24_ContextsEnd_IsAReasonAndNoFailure()
    {
        using var client = await server.ClientAsync();
        Assert.Equal(400,
            (await client.TryAsync("/v1/completions", $$"""{"prompt":[{{string.Join(',', Enumerable.Repeat(916, 1024))}}],"max_tokens":1}""")).Status);
        var full = await client.PostAsync("/v1/completions",
            $$"""{"prompt":[{{string.Join(',', Enumerable.Repeat(916, 1020))}}],"max_tokens":4,"logit_bias":{"1":-100,"107":-100} }""");
        Assert.Equal(("length", 1024),
            (full.GetProperty("choices")[0].GetProperty("finish_reason").GetString(), full.GetProperty("usage").GetProperty("total_tokens").GetInt32()));
    }

    /// <summary>25: no request loads a model anew or unloads it.</summary>
    [Fact]
    public async Task Bug25_OptionsOfARequest_LeaveTheModelAlone()
    {
        using var client = await server.ClientAsync();
        var source = (await server.ServicesAsync()).GetRequiredKeyedService<IGemmaModelSource>("tiny");
        await client.PostAsync("/api/generate", """{"model":"tiny"}""");
        var model = source.Loaded;
        Assert.NotNull(model);
        await client.PostAsync("/api/generate", """{"model":"tiny","keep_alive":0}""");
        await client.PostAsync("/api/chat",
            """{"model":"tiny","stream":false,"keep_alive":"0s","options":{"num_ctx":16,"num_gpu":99,"num_thread":1,"low_vram":true},"messages":[{"role":"user","content":"Hello!"}]}""");
        Assert.Same(model, source.Loaded);
    }

    private async Task<string> RawAsync(string request)
    {
        var address = await server.AddressAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, Token);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Token);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Token);
    }
}
