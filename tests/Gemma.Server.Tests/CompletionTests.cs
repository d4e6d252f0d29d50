using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Server.Tests;

/// <summary>Text completions as evaluators read them: log-probabilities streamed and not, prompts in front, several prompts at once.</summary>
public sealed class CompletionTests(RunningServer server, TinyGemmaHeads heads)
{
    private const string Route = "/v1/completions";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every token has its log-probability, also one that has no text yet, and only the end has a reason.</summary>
    [Theory]
    [InlineData(""" "prompt":"Hello","max_tokens":6,"logprobs":2 """)]
    [InlineData(""" "prompt":"Hello","max_tokens":6,"logprobs":2,"logit_bias":{"FIRST":100} """)]
    [InlineData(""" "prompt":"Hello there","max_tokens":3,"logprobs":1,"echo":true """)]
    [InlineData(""" "prompt":"Hello there","max_tokens":0,"logprobs":1,"echo":true """)]
    [InlineData(""" "prompt":["Hello there",[2,916]],"max_tokens":0,"echo":true """)]
    [InlineData(""" "prompt":["Hello","Hi"],"n":2,"max_tokens":3,"echo":true,"seed":3,"temperature":1 """)]
    public async Task Stream_Joined_EqualsTheWhole(string fields)
    {
        using var client = await server.ClientAsync();
        if (fields.Contains("FIRST", StringComparison.Ordinal))
            fields = fields.Replace("FIRST", (await IdsAsync(client, "\ud83e\udd96"))[0].ToString(), StringComparison.Ordinal);
        var whole = (await client.PostAsync(Route, $$"""{ {{fields}} }""")).GetProperty("choices").EnumerateArray().ToArray();
        var chunks = (await client.FramesAsync(Route, $$"""{"stream":true,{{fields}}}""")).SkipLast(1)
            .Select(frame => JsonElement.Parse(frame.Data).GetProperty("choices")[0]).ToArray();
        foreach (var expected in whole)
        {
            JsonElement[] pieces = [.. chunks.Where(chunk => chunk.GetProperty("index").GetInt32() == expected.GetProperty("index").GetInt32())];
            Assert.Equal(expected.GetProperty("text").GetString(), string.Concat(pieces.Select(piece => piece.GetProperty("text").GetString())));
            Assert.Equal(expected.GetProperty("finish_reason").GetString(), pieces[^1].GetProperty("finish_reason").GetString());
            Assert.All(pieces.SkipLast(1), piece => Assert.Equal(JsonValueKind.Null, piece.GetProperty("finish_reason").ValueKind));
            var logprobs = expected.GetProperty("logprobs");
            if (logprobs.ValueKind == JsonValueKind.Null) continue;
            foreach (var list in logprobs.EnumerateObject())
            {
                var joined = pieces.SelectMany(piece => piece.GetProperty("logprobs").GetProperty(list.Name).EnumerateArray()).Select(Rounded);
                Assert.Equal(list.Value.EnumerateArray().Select(Rounded), joined);
            }
        }
    }

    /// <summary>Offsets point into the text, which has no BOS where a text was sent.</summary>
    [Theory]
    [InlineData(""" "prompt":"Hello there" """, 0)]
    [InlineData(""" "prompt":[2,IDS] """, 5)]
    public async Task Echo_Offsets_PointIntoTheText(string prompt, int second)
    {
        using var client = await server.ClientAsync();
        prompt = prompt.Replace("IDS", string.Join(',', await IdsAsync(client, "Hello there")), StringComparison.Ordinal);
        var choice = (await client.PostAsync(Route, $$"""{ {{prompt}},"echo":true,"max_tokens":3,"logprobs":0}""")).GetProperty("choices")[0];
        var text = choice.GetProperty("text").GetString()!;
        var tokens = choice.GetProperty("logprobs").GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!).ToArray();
        var offsets = choice.GetProperty("logprobs").GetProperty("text_offset").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
        Assert.Equal((0, second), (offsets[0], offsets[1]));
        for (var i = 1; i < tokens.Length; i++)
            if (!tokens[i].StartsWith('<')) Assert.StartsWith(tokens[i], text[offsets[i]..], StringComparison.Ordinal);
    }

    /// <summary>Evaluators ask whether a text is what the model itself would write: the most likely token must be among the alternatives.</summary>
    [Fact]
    public async Task Echo_Alternatives_HaveTheMostLikelyToken()
    {
        using var client = await server.ClientAsync();
        int[] ids = [2, .. await IdsAsync(client, "Hello there, what is your name?")];
        var logprobs = (await client.PostAsync(Route, $$"""{"prompt":[{{string.Join(',', ids)}}],"echo":true,"max_tokens":0,"logprobs":1}"""))
            .GetProperty("choices")[0].GetProperty("logprobs");
        var tokens = logprobs.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!).ToArray();
        var top = logprobs.GetProperty("top_logprobs").EnumerateArray().ToArray();
        Assert.Equal(JsonValueKind.Null, top[0].ValueKind);
        var others = 0;
        for (var i = 1; i < ids.Length; i++)
        {
            var best = top[i].EnumerateObject().MaxBy(entry => entry.Value.GetDouble()).Name;
            var next = (await client.PostAsync(Route, $$"""{"prompt":[{{string.Join(',', ids.Take(i))}}],"max_tokens":1,"logprobs":0}"""))
                .GetProperty("choices")[0].GetProperty("logprobs").GetProperty("tokens")[0].GetString();
            Assert.Equal(next, best);
            if (best != tokens[i]) others++;
        }

        Assert.True(others > 0, "The text is what the model would write: it proves nothing.");
    }

    [Theory]
    [InlineData(""" "prompt":["Hello",[LONG]] """, "context_length_exceeded")]
    [InlineData(""" "prompt":["Hello",[99999999]] """, "invalid_value")]
    [InlineData(""" "prompt":[[2,916],[]] """, "invalid_value")]
    [InlineData(""" "prompt":["Hello",[LONG]],"echo":true,"max_tokens":0,"logprobs":1 """, "context_length_exceeded")]
    public async Task Prompts_OneOfThemBad_AreRefusedBeforeTheFirstByte(string fields, string code)
    {
        using var client = await server.ClientAsync();
        fields = fields.Replace("LONG", string.Join(',', Enumerable.Repeat(916, 1025)), StringComparison.Ordinal);
        foreach (var stream in (string[])["true", "false"])
        {
            var (status, answer) = await client.TryAsync(Route, $$"""{"stream":{{stream}},{{fields}}}""");
            var error = answer.GetProperty("error");
            Assert.Equal((400, "prompt", code), (status, error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        }
    }

    [Fact]
    public async Task Prompts_MoreThanTheQueueHolds_AreInvalidAndNotToBeTriedAgain()
    {
        using var client = await server.ClientAsync();
        var prompts = string.Join(',', Enumerable.Repeat("\"Hello\"", 40));
        var (status, answer) = await client.TryAsync(Route, $$"""{"prompt":[{{prompts}}],"n":8,"max_tokens":1}""");
        Assert.Equal((400, "n"), (status, answer.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task Prompts_OneOfThemRefused_TheOthersLeaveTheQueue()
    {
        await using var own = await StartedServer.StartAsync(await heads.PackageAsync(),
            configureModel: options => (options.MaxConcurrentRequests, options.MaxQueueLength) = (1, 2));
        using var client = own.Client();
        var busy = await BusyModel.StartAsync(own.Model);
        var waiting = client.PostAsync(Route, """{"prompt":"Hello","max_tokens":1}""");
        await Eventually.HoldsAsync(() => own.Model.QueueLength == 1);
        Assert.Equal(429, (await client.TryAsync(Route, """{"prompt":["Hello","Hi"],"max_tokens":1}""")).Status);
        await Eventually.HoldsAsync(() => own.Model.QueueLength == 1);
        await busy.DisposeAsync();
        await waiting;
    }

    // The last bits of a probability depend on what runs beside it.
    private static string Rounded(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble().ToString("F3", System.Globalization.CultureInfo.InvariantCulture),
        JsonValueKind.Object => string.Join(' ', value.EnumerateObject().Select(entry => $"{entry.Name}={Rounded(entry.Value)}")),
        _ => value.ToString(),
    };

    private static async Task<int[]> IdsAsync(HttpClient client, string text) =>
        [.. (await client.PostAsync("/tokenize", JsonSerializer.Serialize(new { content = text }))).GetProperty("tokens").EnumerateArray()
            .Select(id => id.GetInt32())];
}
