using System.Diagnostics;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Tests.Diagnostics;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Generation.Requests;

/// <summary>Queue limit, priority and timeout count for texts as for conversations.</summary>
public sealed class RequestTermsTests(TinyGemmaHeads tiny)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MaxQueueLength_WaitingTexts_CountAndFurtherOnesAreRefused()
    {
        await using var blocked = await BlockedModel.StartAsync(await tiny.PackageAsync(), new GemmaModelOptions { MaxQueueLength = 2 });
        using var topics = new GemmaSequenceClassifier(blocked.Model, "topics");
        using var embeddings = new GemmaEmbeddingGenerator(blocked.Model);
        var classification = topics.ClassifyAsync("one text", cancellationToken: Cancellation);
        var embedding = embeddings.GenerateVectorAsync("another one", cancellationToken: Cancellation);
        await WaitForAsync(() => blocked.Model.QueueLength == 2);
        await Assert.ThrowsAsync<GemmaOverloadedException>(() => topics.ClassifyAsync("too many", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<GemmaOverloadedException>(() => embeddings.GenerateVectorAsync("too many", cancellationToken: Cancellation));
        await Assert.ThrowsAsync<GemmaOverloadedException>(() => blocked.Model.ScoreAsync(new[] { 2, 916 }, cancellationToken: Cancellation));
        await blocked.ReleaseAsync();
        Assert.NotNull(await classification);
        Assert.Equal(192, (await embedding).Length);
    }

    [Fact]
    public async Task MaxQueueLength_CallWithMoreTexts_WaitsForRoomAndEnds()
    {
        await using var blocked = await BlockedModel.StartAsync(await tiny.PackageAsync(), new GemmaModelOptions { MaxQueueLength = 3 });
        using var topics = new GemmaSequenceClassifier(blocked.Model, "topics");
        var running = topics.ClassifyAsync(Enumerable.Range(0, 200).Select(i => ClassificationInput.FromText($"text number {i}")),
            cancellationToken: Cancellation);
        await WaitForAsync(() => blocked.Model.QueueLength == 3);
        await blocked.ReleaseAsync();
        Assert.Equal(200, (await running).Count);
        Assert.Equal(0, blocked.Model.QueueLength);
    }

    [Fact]
    public async Task Priority_LaterText_ComesFirst()
    {
        await using var blocked = await BlockedModel.StartAsync(await tiny.PackageAsync(), new GemmaModelOptions
        {
            ModelId = nameof(Priority_LaterText_ComesFirst),
        });
        using var spans = new SpanCollector(blocked.Model.ModelId);
        using var topics = new GemmaSequenceClassifier(blocked.Model, "topics");
        var low = topics.ClassifyAsync(ClassificationInput.FromTokens(Enumerable.Range(500, 20).ToArray()), cancellationToken: Cancellation);
        await WaitForAsync(() => blocked.Model.QueueLength == 1);
        var high = topics.ClassifyAsync(ClassificationInput.FromTokens(Enumerable.Range(500, 4).ToArray()), new ClassificationOptions
        {
            Priority = 1,
        }, Cancellation);
        await WaitForAsync(() => blocked.Model.QueueLength == 2);
        await blocked.ReleaseAsync();
        await Task.WhenAll(low, high);
        Assert.Equal([4, 20], spans.Of("gemma.classify").Select(span => span.GetTagItem("gen_ai.usage.input_tokens")));
    }

    [Fact]
    public async Task Timeout_WaitingText_EndsWithGemmaTimeout()
    {
        await using var blocked = await BlockedModel.StartAsync(await tiny.PackageAsync(), new GemmaModelOptions());
        using var topics = new GemmaSequenceClassifier(blocked.Model, "topics");
        using var embeddings = new GemmaEmbeddingGenerator(blocked.Model, new GemmaEmbeddingOptions { Timeout = TimeSpan.FromMilliseconds(20) });
        var late = topics.ClassifyAsync("a text", new ClassificationOptions { Timeout = TimeSpan.FromMilliseconds(20) }, Cancellation);
        var vector = embeddings.GenerateVectorAsync("a text", cancellationToken: Cancellation);
        var score = blocked.Model.ScoreAsync(new[] { 2, 916 }, new ScoringRequest { Timeout = TimeSpan.FromMilliseconds(20) }, Cancellation);
        var patient = topics.ClassifyAsync("a text", new ClassificationOptions { Timeout = TimeSpan.FromMinutes(5) }, Cancellation);
        await WaitForAsync(() => blocked.Model.QueueLength == 4);
        await Task.Delay(60, Cancellation);
        await blocked.ReleaseAsync();
        await Assert.ThrowsAsync<GemmaTimeoutException>(() => late);
        await Assert.ThrowsAsync<GemmaTimeoutException>(() => vector);
        await Assert.ThrowsAsync<GemmaTimeoutException>(() => score);
        Assert.NotNull(await patient);
        await Assert.ThrowsAsync<ArgumentException>(() => topics.ClassifyAsync("a text", new ClassificationOptions { Timeout = TimeSpan.Zero }, Cancellation));
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "the queue did not fill");
            await Task.Delay(5, Cancellation);
        }
    }
}
