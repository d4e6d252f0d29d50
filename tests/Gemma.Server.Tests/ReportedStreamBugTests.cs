using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Server.Tests;

/// <summary>Bugs that others' servers were reported to have (docs/server.md names none of them): streams, calls, texts.</summary>
public sealed class ReportedStreamBugTests(RunningServer server, TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Hello = """ "messages":[{"role":"user","content":"Hello!"}] """;
    private const string Weather = """
        "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}],
        "messages":[{"role":"user","content":"What is the weather in Paris?"}]
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// 6, 8 and 15: an error of the request has a status, also when a stream was asked for, and a schema that cannot be followed is never ignored.
    /// </summary>
    [Theory]
    [InlineData(""" "response_format":{"type":"json_schema","json_schema":{"schema":{"$ref":"#/nowhere"}}} """)]
    [InlineData(""" "response_format":{"type":"json_schema","json_schema":{"schema":{"type":"nothing"}}} """)]
    [InlineData(""" "response_format":{"type":"json_schema","json_schema":{"schema":{"type":"string","pattern":"(?<=a)b"}}} """)]
    [InlineData(""" "response_format":{"type":"json_schema","json_schema":{"schema":{"type":"object","properties":5}}} """)]
    [InlineData(""" "response_format":{"type":"json_schema"} """)]
    [InlineData(""" "response_format":{"type":"json_schema","json_schema":{}} """)]
    [InlineData(""" "response_format":"json" """)]
    [InlineData(""" "logit_bias":{"99999999":1} """)]
    [InlineData(""" "max_tokens":2000000000 """)]
    public async Task Bug06And08And15_ErrorOfARequest_HasAStatusStreamedOrNot(string field)
    {
        using var client = await server.ClientAsync();
        foreach (var stream in (string[])["true", "false"])
        {
            var (status, answer) = await client.TryAsync(Chat, $$"""{"stream":{{stream}},{{field}},{{Hello}}}""");
            Assert.Equal((400, "invalid_request_error"), (status, answer.GetProperty("error").GetProperty("type").GetString()));
        }
    }

    /// <summary>7 and 9: every answer ends with exactly one reason, then the usage if it was asked for, then [DONE].</summary>
    [Theory]
    [InlineData(Chat, Hello, 1)]
    [InlineData(Chat, """ "n":3,"temperature":1.5,"seed":3,""" + Hello, 3)]
    [InlineData(Chat, """ "max_tokens":1,""" + Hello, 1)]
    [InlineData(Chat, """ "stop":"Hello",""" + Hello, 1)]
    [InlineData(Chat, """ "response_format":{"type":"json_object"},"max_tokens":5,""" + Hello, 1)]
    [InlineData(Chat, """ "tool_choice":"required",""" + Weather, 1)]
    [InlineData("/v1/completions", """ "prompt":"Hello" """, 1)]
    [InlineData("/v1/completions", """ "prompt":["Hello",[2,916]],"n":2,"max_tokens":3,"temperature":1 """, 4)]
    public async Task Bug07And09_Stream_EndsOnceWithReasonUsageAndDone(string route, string fields, int choices)
    {
        using var client = await server.ClientAsync();
        var frames = await client.FramesAsync(route, $$"""{"stream":true,"stream_options":{"include_usage":true},{{fields}}}""");
        Assert.Equal("[DONE]", frames[^1].Data);
        JsonElement[] chunks = [.. frames.SkipLast(1).Select(frame => JsonElement.Parse(frame.Data))];
        Assert.Equal(0, chunks[^1].GetProperty("choices").GetArrayLength());
        Assert.True(chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32() > 0);
        Assert.All(chunks.SkipLast(1), chunk => Assert.False(chunk.TryGetProperty("usage", out _)));
        var ends = chunks.SkipLast(1).Select(chunk => chunk.GetProperty("choices")[0])
            .Where(choice => choice.GetProperty("finish_reason").ValueKind != JsonValueKind.Null).Select(choice => choice.GetProperty("index").GetInt32());
        Assert.Equal(Enumerable.Range(0, choices), ends.Order());
    }

    /// <summary>
    /// 10, 11 and 12: a call has one id and one index, its arguments in one piece or more join to JSON and to what the whole answer has, and the reason says
    /// tool_calls.
    /// </summary>
    [Fact]
    public async Task Bug10And11And12_StreamedCall_EqualsTheWhole()
    {
        using var client = await server.ClientAsync();
        var whole = (await client.PostAsync(Chat, $$"""{"tool_choice":"required",{{Weather}}}""")).GetProperty("choices")[0];
        Assert.Equal("tool_calls", whole.GetProperty("finish_reason").GetString());
        var frames = await client.FramesAsync(Chat, $$"""{"stream":true,"tool_choice":"required",{{Weather}}}""");
        JsonElement[] choices = [.. frames.SkipLast(1).Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0])];
        Assert.Equal("tool_calls", choices[^1].GetProperty("finish_reason").GetString());
        JsonElement[] pieces = [.. choices.Where(choice => choice.GetProperty("delta").TryGetProperty("tool_calls", out _))
            .SelectMany(choice => choice.GetProperty("delta").GetProperty("tool_calls").EnumerateArray())];
        Assert.NotEmpty(pieces);
        foreach (var (expected, group) in whole.GetProperty("message").GetProperty("tool_calls").EnumerateArray()
            .Zip(pieces.GroupBy(piece => piece.GetProperty("index").GetInt32()).OrderBy(group => group.Key)))
        {
            Assert.Single(group, piece => piece.TryGetProperty("id", out _));
            Assert.Equal(expected.GetProperty("function").GetProperty("arguments").GetString(),
                string.Concat(group.Select(piece => piece.GetProperty("function").GetProperty("arguments").GetString())));
            Assert.Equal(JsonValueKind.Object, JsonElement.Parse(expected.GetProperty("function").GetProperty("arguments").GetString()!).ValueKind);
        }
    }

    /// <summary>13: the first bytes of a character that never came whole are left out.</summary>
    [Fact]
    public async Task Bug13_LimitInsideACharacter_LeavesItOut()
    {
        using var client = await server.ClientAsync();
        var ids = (await client.PostAsync("/tokenize", """{"content":"\ud83e\udd96"}""")).GetProperty("tokens").EnumerateArray().Select(id => id.GetInt32())
            .ToArray();
        Assert.True(ids.Length > 1, "The character should have several tokens.");
        foreach (var stream in (bool[])[false, true])
        {
            var body = $$"""{"prompt":"Hello","max_tokens":1,"stream":{{(stream ? "true" : "false")}},"logit_bias":{"{{ids[0]}}":100} }""";
            var text = stream
                ? string.Concat((await client.FramesAsync("/v1/completions", body)).SkipLast(1)
                    .Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0].GetProperty("text").GetString()))
                : (await client.PostAsync("/v1/completions", body)).GetProperty("choices")[0].GetProperty("text").GetString()!;
            Assert.DoesNotContain('\ufffd', text);
        }
    }

    /// <summary>22: a stream whose model is busy gets signs of life.</summary>
    [Fact]
    public async Task Bug22_BusyModel_StreamGetsPings()
    {
        await using var own = await StartedServer.StartAsync(await heads.PackageAsync(), options => options.PingInterval = TimeSpan.FromMilliseconds(100));
        using var client = own.Client();
        var busy = await BusyModel.StartAsync(own.Model);
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = Wire.Json($$"""{"stream":true,{{Hello}}}""") };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal(": ping", await reader.ReadLineAsync(Token));
        await busy.DisposeAsync();
        Assert.EndsWith("data: [DONE]", (await reader.ReadToEndAsync(Token)).TrimEnd(), StringComparison.Ordinal);
    }
}
