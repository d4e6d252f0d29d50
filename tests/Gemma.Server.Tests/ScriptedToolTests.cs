using System.Text.Json;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Tests;

/// <summary>Answers with text and calls by their frames: the order of what the model writes is the order of the frames.</summary>
public sealed class ScriptedToolTests(TinyGemmaHeads heads)
{
    private const string Chat = "/v1/chat/completions";
    private const string Weather = """
        "tools":[{"type":"function","function":{"name":"get_weather",
          "parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}],
        "messages":[{"role":"user","content":"What is the weather in Paris?"}]
        """;

    [Fact]
    public async Task Stream_TextBeforeACall_ComesFirst()
    {
        using var folder = new TemporaryFolder();
        await using var own = await ScriptedAsync(folder, "I ", "look.", "{\"name\": \"get_weather\", ", "\"parameters\": ", "{\"city\": \"Par", "is\"}}");
        using var client = own.Client();
        var whole = (await client.PostAsync(Chat, $$"""{ {{Weather}} }""")).GetProperty("choices")[0];
        Assert.Equal("I look.", whole.GetProperty("message").GetProperty("content").GetString());
        Assert.Equal("tool_calls", whole.GetProperty("finish_reason").GetString());
        JsonElement[] deltas = [.. (await client.FramesAsync(Chat, $$"""{"stream":true,{{Weather}}}""")).SkipLast(1)
            .Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0].GetProperty("delta"))];
        Assert.Equal("I look.", string.Concat(deltas.Select(delta => delta.TryGetProperty("content", out var text) ? text.GetString() : null)));
        var first = Array.FindIndex(deltas, delta => delta.TryGetProperty("tool_calls", out _));
        Assert.True(first > Array.FindLastIndex(deltas, delta => delta.TryGetProperty("content", out _)), "Text came after the call.");
        Assert.True(Array.FindLastIndex(deltas, first, delta => delta.TryGetProperty("content", out _)) > 1, "The text came in one piece: it did not stream.");
        Assert.Equal("""{"city":"Paris"}""", Arguments(deltas, 0));
    }

    [Fact]
    public async Task Stream_SeveralCalls_AreCountedAndToldApart()
    {
        using var folder = new TemporaryFolder();
        await using var own = await ScriptedAsync(folder, "[{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Paris\"}}, ",
            "{\"name\": \"get_weather\", \"parameters\": {\"city\": \"Rome\"}}]");
        using var client = own.Client();
        JsonElement[] deltas = [.. (await client.FramesAsync(Chat, $$"""{"stream":true,{{Weather}}}""")).SkipLast(1)
            .Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0].GetProperty("delta"))];
        Assert.Equal(("""{"city":"Paris"}""", """{"city":"Rome"}"""), (Arguments(deltas, 0), Arguments(deltas, 1)));
        string[] ids = [.. Pieces(deltas).Where(piece => piece.TryGetProperty("id", out _)).Select(piece => piece.GetProperty("id").GetString()!)];
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Equal(2, ids.Length);
    }

    /// <summary>A stop string, or the limit, ends the text where it stands; half a call is never told as a call.</summary>
    [Fact]
    public async Task Answer_EndInsideACall_HasNoBrokenCall()
    {
        using var folder = new TemporaryFolder();
        await using var own = await ScriptedAsync(folder, "I look.", "{\"name\": \"get_weather\", \"parameters\": ", "{\"city\": ", "\"Paris\"}}");
        using var client = own.Client();
        foreach (var (limit, reason) in ((string, string)[])[(""" "stop":"Paris" """, "stop"), (""" "max_tokens":3 """, "length")])
        {
            var choice = (await client.PostAsync(Chat, $$"""{ {{limit}},{{Weather}} }""")).GetProperty("choices")[0];
            Assert.Equal(reason, choice.GetProperty("finish_reason").GetString());
            Assert.False(choice.GetProperty("message").TryGetProperty("tool_calls", out _));
            Assert.StartsWith("I look.{\"name\": ", choice.GetProperty("message").GetProperty("content").GetString(), StringComparison.Ordinal);
            var frames = await client.FramesAsync(Chat, $$"""{"stream":true,{{limit}},{{Weather}}}""");
            Assert.DoesNotContain(frames, frame => frame.Data.Contains("tool_calls", StringComparison.Ordinal));
            Assert.Equal(reason, JsonElement.Parse(frames[^2].Data).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        }
    }

    /// <summary>A middleware that answers the model's calls goes on behind them: the stream has one end, and it is the last answer's.</summary>
    [Fact]
    public async Task Stream_OfAMiddlewareThatCallsFunctions_EndsOnceAtItsEnd()
    {
        await using var own = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureServices: services => services.AddKeyedSingleton<IChatClient>("tiny", (provider, key) =>
            new Gemma.Runtime.Chat.GemmaChatClient(provider.GetRequiredKeyedService<IGemmaModelSource>(key)).AsBuilder()
                .Use(getResponseFunc: null, getStreamingResponseFunc: (_, _, _, _) => InvokedAsync()).Build(provider)));
        using var client = own.Client();
        JsonElement[] choices = [.. (await client.FramesAsync(Chat, $$"""{"stream":true,{{Weather}}}""")).SkipLast(1)
            .Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0])];
        Assert.Equal("stop", choices[^1].GetProperty("finish_reason").GetString());
        Assert.All(choices.SkipLast(1), choice => Assert.Equal(JsonValueKind.Null, choice.GetProperty("finish_reason").ValueKind));
        Assert.Equal("It rains.", string.Concat(choices.Select(choice => choice.GetProperty("delta").TryGetProperty("content", out var text)
            ? text.GetString()
            : null)));
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> InvokedAsync()
    {
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, [new FunctionCallContent("1", "get_weather", null)])
        {
            MessageId = "first",
            FinishReason = ChatFinishReason.ToolCalls,
        };
        yield return new ChatResponseUpdate(ChatRole.Tool, [new FunctionResultContent("1", "rain")]) { MessageId = "result" };
        yield return new ChatResponseUpdate(ChatRole.Assistant, "It rains.") { MessageId = "second", FinishReason = ChatFinishReason.Stop };
    }

    private static async Task<StartedServer> ScriptedAsync(TemporaryFolder folder, params string[] pieces)
    {
        var checkpoint = Directory.CreateDirectory(folder.File("checkpoint")).FullName;
        ScriptedGemma.Write(checkpoint, pieces);
        var package = folder.File("package");
        await new CheckpointConverter().ConvertAsync(checkpoint, package, new ConversionOptions { Precision = ModelPrecision.Fp32 },
            cancellationToken: TestContext.Current.CancellationToken);
        return await StartedServer.StartAsync(package);
    }

    private static IEnumerable<JsonElement> Pieces(JsonElement[] deltas) =>
        deltas.Where(delta => delta.TryGetProperty("tool_calls", out _)).SelectMany(delta => delta.GetProperty("tool_calls").EnumerateArray());

    private static string Arguments(JsonElement[] deltas, int index) =>
        string.Concat(Pieces(deltas).Where(piece => piece.GetProperty("index").GetInt32() == index)
            .Select(piece => piece.GetProperty("function").GetProperty("arguments").GetString()));
}
