using System.Text.Json;

namespace Gemma.Server.Tests;

/// <summary>The inputs that heads take in others' shapes, and what is no business of theirs.</summary>
public sealed class HeadShapeTests(RunningServer server)
{
    [Fact]
    public async Task Classify_TextIdsAndLists_AreTheSameText()
    {
        using var client = await server.ClientAsync();
        const string Text = "I love this wonderful film.";
        var ids = (await client.PostAsync("/tokenize", $$"""{"model":"sentiment","prompt":"{{Text}}"}""")).GetProperty("tokens").GetRawText();
        var logits = Logits((await client.PostAsync("/v1/classify", $$"""{"model":"sentiment","input":"{{Text}}"}""")).GetProperty("data")[0]);
        foreach (var input in (string[])[$"[\"{Text}\"]", ids, $"[{ids}]"])
        {
            var data = (await client.PostAsync("/classify", $$"""{"model":"sentiment","input":{{input}}}""")).GetProperty("data");
            Assert.Equal(logits, Logits(Assert.Single(data.EnumerateArray())));
        }
    }

    [Fact]
    public async Task Classify_MessagesRawValuesAndLabels_AreHonoured()
    {
        using var client = await server.ClientAsync();
        var chat = await client.PostAsync("/v1/classify", """{"model":"tiny/topics","messages":[{"role":"user","content":"I want to return my shoes."}]}""");
        Assert.Equal(1, chat.GetProperty("data").GetArrayLength());
        var raw = (await client.PostAsync("/v1/classify", """{"model":"tiny/topics","input":"x","use_activation":false}""")).GetProperty("data")[0];
        Assert.Equal(Logits(raw), raw.GetProperty("probs").EnumerateArray().Select(value => value.GetDouble()));
        var zeroShot = await client.PostAsync("/v1/classify", """{"model":"tiny","input":["Hello!","Bye"],"labels":["greeting","farewell"]}""");
        Assert.All(zeroShot.GetProperty("data").EnumerateArray(), item =>
        {
            Assert.Equal(2, item.GetProperty("num_classes").GetInt32());
            Assert.Contains(item.GetProperty("label").GetString(), (string[])["greeting", "farewell"]);
        });
    }

    [Fact]
    public async Task Score_OneOrAsMany_PairsInOrder()
    {
        using var client = await server.ClientAsync();
        async Task<double[]> ScoresAsync(string fields) =>
            [.. (await client.PostAsync("/score", $$"""{"model":"tiny/reward",{{fields}}}""")).GetProperty("data").EnumerateArray()
                .Select(item => item.GetProperty("score").GetDouble())];
        var (a, b) = (await ScoresAsync(""" "text_1":"hello","text_2":"a" """), await ScoresAsync(""" "text_1":"bye","text_2":"b" """));
        Assert.Equal(a.Concat(b), await ScoresAsync(""" "queries":["hello","bye"],"documents":["a","b"] """));
        var ranked = await client.PostAsync("/v2/rerank", """{"model":"tiny/reward","query":"hello","documents":["a","b"],"top_n":100}""");
        Assert.Equal(2, ranked.GetProperty("results").GetArrayLength());
        Assert.True(ranked.GetProperty("usage").GetProperty("total_tokens").GetInt32() > 0);
    }

    [Theory]
    [InlineData("/v1/classify", """{"model":"sentiment","input":""}""", 400)]
    [InlineData("/v1/classify", """{"model":"sentiment","input":[]}""", 400)]
    [InlineData("/v1/classify", """{"model":"tiny/topics","add_generation_prompt":true,"messages":[{"role":"user","content":"x"}]}""", 400)]
    [InlineData("/v1/classify", """{"model":"tiny","input":"x","labels":["one"]}""", 400)]
    [InlineData("/v1/rerank", """{"model":"tiny/reward","query":"x","documents":null}""", 400)]
    [InlineData("/v1/rerank", """{"model":"tiny/reward","documents":["a"]}""", 400)]
    [InlineData("/v1/score", """{"model":"tiny/reward","queries":["a","b"],"documents":["a","b","c"]}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"sentiment","input":"x"}""", 400)]
    [InlineData("/v1/embeddings", """{"model":"sentiment","input":[2,916]}""", 400)]
    [InlineData("/api/embed", """{"model":"sentiment","input":"x"}""", 400)]
    [InlineData("/embed", """{"model":"sentiment","inputs":"x"}""", 422)]
    [InlineData("/v1/files", "{}", 501)]
    [InlineData("/v1/images/generations", "{}", 501)]
    [InlineData("/v1/audio/speech", "{}", 501)]
    public async Task Request_ThatCannotBeHonoured_IsRefused(string route, string body, int expected)
    {
        using var client = await server.ClientAsync();
        Assert.Equal(expected, (await client.TryAsync(route, body)).Status);
    }

    [Fact]
    public async Task Embeddings_PackageThatOnlyClassifies_IsToldWhatToUse()
    {
        using var client = await server.ClientAsync();
        var error = (await client.TryAsync("/v1/embeddings", """{"model":"sentiment","input":"x"}""")).Body.GetProperty("error");
        Assert.Equal("model", error.GetProperty("param").GetString());
        Assert.Contains("/v1/classify", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        var shown = await client.PostAsync("/api/show", """{"model":"sentiment"}""");
        Assert.DoesNotContain("embedding", shown.GetProperty("capabilities").GetRawText(), StringComparison.Ordinal);
    }

    private static IEnumerable<double> Logits(JsonElement item) => item.GetProperty("logits").EnumerateArray().Select(value => value.GetDouble());
}
