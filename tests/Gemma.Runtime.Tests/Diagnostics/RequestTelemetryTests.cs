using Gemma.Runtime.Chat;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Gemma.Runtime.Tests.Generation.Requests;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Diagnostics;

/// <summary>Every kind of request has one span, one duration and its token counts, however it ends.</summary>
public sealed class RequestTelemetryTests(TinyGemmaHeads tiny)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("chat", "chat", "gemma.generate", 3)]
    [InlineData("raw", "text_completion", "gemma.generate", 4)]
    [InlineData("sequences", "text_completion", "gemma.generate", 10)]
    [InlineData("beams", "text_completion", "gemma.generate", 10)]
    [InlineData("score", "scoring", "gemma.score", null)]
    [InlineData("classify", "classification", "gemma.classify", null)]
    [InlineData("zero-shot", "classification", "gemma.classify", null)]
    [InlineData("embed", "embeddings", "gemma.embed", null)]
    public async Task Request_Finished_HasOneSpanAndItsCounts(string kind, string operation, string spanName, int? output)
    {
        var id = $"telemetry-{kind}";
        using var spans = new SpanCollector(id);
        using var metrics = new MetricsCollector(id);
        var options = new GemmaModelOptions { ModelId = id, Engine = new() { Threads = 1 } };
        await using var model = await GemmaModel.LoadAsync(await tiny.PackageAsync(), options, cancellationToken: Cancellation);
        var input = await RunAsync(model, kind);

        var span = Assert.Single(spans.Of(spanName));
        Assert.Equal(
            (operation, input, output),
            (span.GetTagItem("gen_ai.operation.name"), span.GetTagItem("gen_ai.usage.input_tokens"), (int?)span.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.True(Assert.Single(metrics.Of("gen_ai.server.request.duration", operation)) > 0);
        Assert.Equal(input, Assert.Single(metrics.Of("gemma.tokens.input", operation)));
        Assert.Equal(output, metrics.Of("gemma.tokens.output", operation) is [var tokens] ? (int)tokens : null);
        Assert.Equal(output is null ? 0 : 1, metrics.Of("gen_ai.server.time_to_first_token", operation).Length);
    }

    [Fact]
    public async Task Request_RefusedOrCancelled_IsCountedOnceByItsError()
    {
        const string Id = "telemetry-errors";
        using var metrics = new MetricsCollector(Id);
        await using var blocked = await BlockedModel.StartAsync(await tiny.PackageAsync(), new GemmaModelOptions { ModelId = Id, MaxQueueLength = 1 });
        using var topics = new GemmaSequenceClassifier(blocked.Model, "topics");
        using var client = new GemmaChatClient(blocked.Model);
        using var cancellation = new CancellationTokenSource();
        var waiting = topics.ClassifyAsync("a text", cancellationToken: cancellation.Token);
        for (var i = 0; i < 2000 && blocked.Model.QueueLength == 0; i++) await Task.Delay(5, Cancellation);
        await Assert.ThrowsAsync<GemmaOverloadedException>(() => topics.ClassifyAsync("another text", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<GemmaOverloadedException>(() => client.GetResponseAsync("Hello!", cancellationToken: Cancellation));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        var (refused, cancelled) = (typeof(GemmaOverloadedException).FullName, typeof(OperationCanceledException).FullName);
        Assert.Single(metrics.Of("gen_ai.server.request.duration", "classification", refused));
        Assert.Single(metrics.Of("gen_ai.server.request.duration", "chat", refused));
        Assert.Single(metrics.Of("gen_ai.server.request.duration", "classification", cancelled));
        Assert.Empty(metrics.Of("gen_ai.server.request.duration", "classification"));
    }

    // Gives the tokens that the request reads.
    private static async Task<int> RunAsync(GemmaModel model, string kind)
    {
        int[] prompt = [2, 916, 500, 501, 502];
        var config = new GenerationConfig { EosTokenId = [], MaxNewTokens = 5, NumReturnSequences = 2 };
        switch (kind)
        {
            case "chat":
                using (var client = new GemmaChatClient(model))
                {
                    var response = await client.GetResponseAsync("Hello!", new ChatOptions { MaxOutputTokens = 3 }, Cancellation);
                    return (int)response.Usage!.InputTokenCount!;
                }

            case "raw":
                var request = new GenerationRequest { Config = config with { MaxNewTokens = 4, NumReturnSequences = 1 } };
                await foreach (var _ in model.GenerateAsync(prompt, request, Cancellation))
                {
                }

                break;
            case "sequences":
                await model.GenerateSequencesAsync(prompt, new GenerationRequest { Config = config with { DoSample = true, Seed = 1 } }, Cancellation);
                break;
            case "beams":
                await model.GenerateSequencesAsync(prompt, new GenerationRequest { Config = config with { NumBeams = 2 } }, Cancellation);
                break;
            case "score":
                await model.ScoreAsync(prompt, cancellationToken: Cancellation);
                break;
            case "classify":
                using (var classifier = new GemmaSequenceClassifier(model, "topics"))
                    await classifier.ClassifyAsync(ClassificationInput.FromTokens(prompt), cancellationToken: Cancellation);
                break;
            case "zero-shot":
                using (var classifier = new ZeroShotClassifier(model, new ZeroShotOptions { Labels = ["yes", "no"] }))
                    await classifier.ClassifyAsync(ClassificationInput.FromTokens(prompt), cancellationToken: Cancellation);
                break;
            default:
                using (var embeddings = new GemmaEmbeddingGenerator(model))
                {
                    var vectors = await embeddings.GenerateAsync(["a text"], cancellationToken: Cancellation);
                    return (int)vectors.Usage!.InputTokenCount!;
                }
        }

        return prompt.Length;
    }
}
