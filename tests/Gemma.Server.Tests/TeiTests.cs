using System.Net.Http.Json;
using System.Text.Json;

namespace Gemma.Server.Tests;

/// <summary>Text Embeddings Inference's routes by their frames.</summary>
public sealed class TeiTests(RunningServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predict_TextPairAndBatch_GiveLabelsBestFirst()
    {
        using var client = await server.ClientAsync();
        var one = await client.PostAsync("/predict", """{"model":"sentiment","inputs":"I love this wonderful film."}""");
        var scores = one.EnumerateArray().Select(item => item.GetProperty("score").GetDouble()).ToArray();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Equal(1, scores.Sum(), 4);
        var batch = await client.PostAsync("/predict", """{"model":"sentiment","inputs":[["I love this wonderful film."],["a","pair"]]}""");
        Assert.Equal(one.GetRawText(), batch[0].GetRawText());
        var pair = await client.PostAsync("/predict", """{"model":"sentiment","inputs":["a","pair"]}""");
        Assert.Equal(pair.GetRawText(), batch[1].GetRawText());
        var raw = await client.PostAsync("/predict", """{"model":"sentiment","raw_scores":true,"inputs":"I love this wonderful film."}""");
        Assert.NotEqual(1, raw.EnumerateArray().Sum(item => item.GetProperty("score").GetDouble()), 2);
    }

    [Fact]
    public async Task Embed_NormalizedOrNot_PointTheSameWay()
    {
        using var client = await server.ClientAsync();
        var unit = await client.PostAsync("/embed", """{"inputs":"a text"}""");
        var raw = await client.PostAsync("/embed", """{"inputs":["a text"],"normalize":false}""");
        var (a, b) = (Values(unit[0]), Values(raw[0]));
        Assert.Equal(1, a.Sum(value => value * value), 4);
        Assert.NotEqual(1, b.Sum(value => value * value), 4);
        Assert.Equal(Math.Sqrt(b.Sum(value => value * value)), a.Zip(b, (x, y) => x * y).Sum(), 3);
    }

    [Fact]
    public async Task Embed_TooLong_IsCutOnlyWhenAsked()
    {
        using var client = await server.ClientAsync();
        var text = string.Concat(Enumerable.Repeat("word ", 20_000));
        Assert.Equal(422, (await client.TryAsync("/embed", JsonSerializer.Serialize(new { inputs = text }))).Status);
        Assert.Equal(200, (await client.TryAsync("/embed", JsonSerializer.Serialize(new { inputs = text, truncate = true }))).Status);
    }

    [Fact]
    public async Task Similarity_SameText_IsOne()
    {
        using var client = await server.ClientAsync();
        var scores = Values(await client.PostAsync("/similarity", """{"inputs":{"source_sentence":"a text","sentences":["a text","Quite another thing."]}}"""));
        Assert.Equal(1, scores[0], 4);
        Assert.True(scores[1] < scores[0]);
    }

    [Fact]
    public async Task Rerank_Texts_EqualsDocuments()
    {
        using var client = await server.ClientAsync();
        var tei = await client.PostAsync("/rerank", """{"model":"tiny/reward","query":"hello","texts":["a","b","c"],"return_text":true}""");
        var jina = await client.PostAsync("/rerank", """{"model":"tiny/reward","query":"hello","documents":["a","b","c"]}""");
        Assert.Equal(jina.GetProperty("results").EnumerateArray().Select(item => item.GetProperty("index").GetInt32()),
            tei.EnumerateArray().Select(item => item.GetProperty("index").GetInt32()));
        Assert.All(tei.EnumerateArray(), item => Assert.Equal("abc"[item.GetProperty("index").GetInt32()].ToString(), item.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("/predict", """{"inputs":[]}""", 422)]
    [InlineData("/predict", """{"model":"sentiment","inputs":["a","b","c"]}""", 422)]
    [InlineData("/predict", """{"model":"nobody","inputs":"a"}""", 404)]
    [InlineData("/embed", """{"inputs":[1]}""", 422)]
    [InlineData("/similarity", """{"inputs":{"source_sentence":"a"}}""", 422)]
    [InlineData("/rerank", """{"model":"tiny/topics","query":"x","texts":["a"]}""", 422)]
    public async Task Request_ThatCannotBeAnswered_IsRefusedInTheirWords(string route, string body, int expected)
    {
        using var client = await server.ClientAsync();
        var (status, answer) = await client.TryAsync(route, body);
        Assert.Equal((expected, JsonValueKind.String, JsonValueKind.String),
            (status, answer.GetProperty("error").ValueKind, answer.GetProperty("error_type").ValueKind));
    }

    [Fact]
    public async Task Info_FirstModel_TellsLimits()
    {
        using var client = await server.ClientAsync();
        var info = await client.GetFromJsonAsync<JsonElement>("/info", Token);
        Assert.Equal(("tiny", 2048), (info.GetProperty("model_id").GetString(), info.GetProperty("max_client_batch_size").GetInt32()));
    }

    private static double[] Values(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetDouble())];
}
