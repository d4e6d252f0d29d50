using System.ClientModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Responses;

namespace Gemma.Server.Tests;

/// <summary>The Responses API, through OpenAI's client, Extensions.AI over it, and by its events.</summary>
public sealed class ResponsesTests(RunningServer server)
{
    private const string Route = "/v1/responses";
    private const string Weather =
        """[{"type":"function","name":"get_weather","strict":true,"parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}}]""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_OpenAIClient_AnswersStreamedAndNot()
    {
        var client = await ClientAsync();
        var answer = await client.CreateResponseAsync("tiny", "Hello!", cancellationToken: Token);
        Assert.Equal("Hello! How can I help you?", answer.Value.GetOutputText());
        Assert.Equal(ResponseStatus.Completed, answer.Value.Status);
        Assert.True(answer.Value.Usage.InputTokenCount > 0);
        var (text, completed) = (string.Empty, 0);
        await foreach (var update in client.CreateResponseStreamingAsync("tiny", "Hello!", cancellationToken: Token))
        {
            if (update is StreamingResponseOutputTextDeltaUpdate delta) text += delta.Delta;
            if (update is StreamingResponseCompletedUpdate end) completed += end.Response.GetOutputText() == "Hello! How can I help you?" ? 1 : 0;
        }

        Assert.Equal(("Hello! How can I help you?", 1), (text, completed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_ExtensionsAI_CallsAFunctionAndGoesOn(bool isStreamed)
    {
        var called = 0;
        using var client = (await ClientAsync()).AsIChatClient("tiny").AsBuilder().UseFunctionInvocation().Build();
        var weather = AIFunctionFactory.Create((string city) => { called++; return $"Sunny in {city}"; }, "get_weather");
        var options = new ChatOptions { Tools = [weather], ToolMode = ChatToolMode.RequireAny, MaxOutputTokens = 60 };
        var response = isStreamed
            ? await client.GetStreamingResponseAsync("What is the weather in Paris?", options, Token).ToChatResponseAsync(Token)
            : await client.GetResponseAsync("What is the weather in Paris?", options, Token);
        Assert.Equal(1, called);
        Assert.Contains(response.Messages, message => message.Contents.OfType<FunctionResultContent>().Any());
    }

    [Fact]
    public async Task Stream_Text_HasStableIdsAndRisingNumbers()
    {
        using var client = await server.ClientAsync();
        var events = Events(await client.FramesAsync(Route, """{"stream":true,"input":[{"role":"user","content":[{"type":"input_text","text":"Hello!"}]}]}"""));
        Assert.Equal(Enumerable.Range(0, events.Length), events.Select(item => item.GetProperty("sequence_number").GetInt32()));
        string[] types = [.. events.Select(item => item.GetProperty("type").GetString()!)];
        Assert.Equal(
            ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"],
            types.Where((type, index) => index == 0 || type != types[index - 1]));
        Assert.Single(events.Where(item => item.TryGetProperty("item_id", out _)).Select(item => item.GetProperty("item_id").GetString())
            .Append(events[^1].GetProperty("response").GetProperty("output")[0].GetProperty("id").GetString()).Distinct());
        Assert.Single(events.Where(item => item.TryGetProperty("response", out _)).Select(item => item.GetProperty("response").GetProperty("id").GetString())
            .Distinct());
        var text = string.Concat(events.Where(item => item.TryGetProperty("delta", out _)).Select(item => item.GetProperty("delta").GetString()));
        Assert.Equal("Hello! How can I help you?", text);
        Assert.Equal(text, events[^1].GetProperty("response").GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString());
        Assert.True(events[^1].GetProperty("response").GetProperty("usage").GetProperty("output_tokens").GetInt32() > 1);
    }

    [Fact]
    public async Task Stream_RequiredTool_HasTheCallsArguments()
    {
        using var client = await server.ClientAsync();
        var body = $$"""{"stream":true,"input":"What is the weather in Paris?","tools":{{Weather}},"tool_choice":"required"}""";
        var events = Events(await client.FramesAsync(Route, body));
        var done = events.Single(item => item.GetProperty("type").GetString() == "response.output_item.done").GetProperty("item");
        Assert.Equal("function_call", done.GetProperty("type").GetString());
        Assert.Equal(JsonValueKind.String, JsonElement.Parse(done.GetProperty("arguments").GetString()!).GetProperty("city").ValueKind);
        Assert.Equal(done.GetProperty("arguments").GetString(),
            events.Single(item => item.GetProperty("type").GetString() == "response.function_call_arguments.done").GetProperty("arguments").GetString());

        // The call and its result come back, and the conversation goes on.
        var call = done.GetProperty("call_id").GetString();
        var next = await client.PostAsync(Route, $$"""
            {"input":[{"role":"user","content":"What is the weather in Paris?"},{{done.GetRawText()}},{"type":"reasoning","summary":[]},
             {"type":"function_call_output","call_id":"{{call}}","output":"Sunny"}],"tools":{{Weather}},"max_output_tokens":20}
            """);
        Assert.NotEqual(0, next.GetProperty("output").GetArrayLength());
    }

    [Fact]
    public async Task Create_SchemaInstructionsAndLimit_AreHonoured()
    {
        using var client = await server.ClientAsync();
        var json = await client.PostAsync(Route, """
            {"input":"Give me JSON.","instructions":"Be brief.","store":true,"metadata":{"a":"b"},
             "text":{"format":{"type":"json_schema","name":"x","schema":{"type":"object","properties":{"a":{"const":7}},"required":["a"],"additionalProperties":false}}}}
            """);
        Assert.Equal(7,
            JsonElement.Parse(json.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!).GetProperty("a").GetInt32());
        Assert.Equal(("Be brief.", false, "b"),
            (json.GetProperty("instructions").GetString(), json.GetProperty("store").GetBoolean(), json.GetProperty("metadata").GetProperty("a").GetString()));
        var cut = await client.PostAsync(Route, """{"input":"Hello!","max_output_tokens":2}""");
        Assert.Equal(("incomplete", "max_output_tokens"),
            (cut.GetProperty("status").GetString(), cut.GetProperty("incomplete_details").GetProperty("reason").GetString()));
        Assert.Equal("response.incomplete", (await client.FramesAsync(Route, """{"stream":true,"input":"Hello!","max_output_tokens":2}"""))[^1].Name);
    }

    [Theory]
    [InlineData("""{"input":"x","previous_response_id":"resp_1"}""", "previous_response_id")]
    [InlineData("""{"input":"x","conversation":"c"}""", "conversation")]
    [InlineData("""{"input":"x","background":true}""", "background")]
    [InlineData("""{"input":"x","tools":[{"type":"web_search"}]}""", "tools[0].type")]
    [InlineData("""{"input":[{"type":"item_reference","id":"x"}]}""", "input[0].type")]
    [InlineData("""{"input":[{"role":"user","content":[{"type":"input_image","image_url":"x"}]}]}""", "input[0].content[0].type")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{}""", "input")]
    public async Task Create_WhatCannotBeHonoured_IsRefusedByName(string body, string parameter)
    {
        using var client = await server.ClientAsync();
        var (status, answer) = await client.TryAsync(Route, body);
        Assert.Equal((400, parameter), (status, answer.GetProperty("error").GetProperty("param").GetString()));
    }

    [Theory]
    [InlineData("zstd", 0, 200)]
    [InlineData("gzip", 0, 200)]
    [InlineData("zstd", 16 << 20, 413)]
    [InlineData("deflate", 0, 415)]
    public async Task Create_CompressedBody_IsInflatedUpToTheLimit(string encoding, int padding, int expected)
    {
        using var client = await server.ClientAsync();
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"input":"Hello!","max_output_tokens":2,"user":"{{new string('x', padding)}}"}""");
        using var packed = new MemoryStream();
        await using (Stream stream = encoding == "gzip"
            ? new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true)
            : new ZstdSharp.CompressionStream(packed, leaveOpen: true)) await stream.WriteAsync(body, Token);
        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add(encoding);
        using var response = await client.PostAsync(Route, content, Token);
        Assert.Equal(expected, (int)response.StatusCode);
    }

    [Fact]
    public async Task Create_BrokenCompression_IsRefused()
    {
        using var client = await server.ClientAsync();
        using var content = new ByteArrayContent([1, 2, 3, 4, 5]);
        content.Headers.ContentType = new("application/json");
        content.Headers.ContentEncoding.Add("zstd");
        using var response = await client.PostAsync(Route, content, Token);
        Assert.Equal(400, (int)response.StatusCode);
    }

    private static JsonElement[] Events(IReadOnlyList<(string? Name, string Data)> frames)
    {
        Assert.All(frames, frame => Assert.Equal(JsonElement.Parse(frame.Data).GetProperty("type").GetString(), frame.Name));
        return [.. frames.Select(frame => JsonElement.Parse(frame.Data))];
    }

    private async Task<ResponsesClient> ClientAsync() =>
        new OpenAIClient(new ApiKeyCredential(RunningServer.Key), new OpenAIClientOptions { Endpoint = new Uri(await server.AddressAsync(), "/v1") })
            .GetResponsesClient();
}
