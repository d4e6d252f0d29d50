using System.Text.Json;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Classification;

/// <summary>Heads over the chat model, from texts, conversations and ids.</summary>
public sealed class GemmaSequenceClassifierTests(TinyGemmaHeads tiny)
{
    private const string Text = "The parcel is late and I was charged twice.";

    [Fact]
    public async Task ClassifyAsync_GoldenTexts_GivesTransformersLogitsInOrder()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        var items = TinyGemmaGoldens.Root.GetProperty("classification").GetProperty("topics").EnumerateArray().ToArray();
        var results = await classifier.ClassifyAsync(items.Select(item => ClassificationInput.FromText(item.GetProperty("text").GetString()!)),
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(items.Length, results.Count);
        Assert.Equal(items.Sum(item => item.GetProperty("ids").GetArrayLength()), results.Usage.InputTokenCount);
        foreach (var (item, result) in items.Zip(results)) AssertLogits(item, result);
    }

    [Fact]
    public async Task ClassifyAsync_GoldenConversations_GivesTransformersRewards()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "reward");
        foreach (var item in TinyGemmaGoldens.Root.GetProperty("classification").GetProperty("reward").EnumerateArray())
        {
            AssertLogits(item,
                await classifier.ClassifyAsync(ClassificationInput.FromMessages(TinyGemmaGoldens.Messages(item)),
                    cancellationToken: TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task ClassifyAsync_LongTexts_DoNotDependOnTheirBatch()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        var texts = Enumerable.Range(1, 40).Select(count => string.Join(' ', Enumerable.Repeat(Text, 1 + (count * 7 % 23))))
            .Append(string.Join(' ', Enumerable.Repeat(Text, 60))).ToArray();
        var together = await classifier.ClassifyAsync(texts.Select(ClassificationInput.FromText), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains(together, result => result.TokenCount > 512);
        foreach (var i in (int[])[0, 7, 22, 40])
        {
            var alone = await classifier.ClassifyAsync(texts[i], cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal<IEnumerable<LabelScore>>(alone.Scores, together[i].Scores);
        }
    }

    [Fact]
    public async Task ClassifyAsync_TwoHeadsAtOnce_GiveWhatTheyGiveAlone()
    {
        var model = await tiny.ModelAsync();
        using var topics = new GemmaSequenceClassifier(model, "topics");
        using var reward = new GemmaSequenceClassifier(model, "reward");
        var both = await Task.WhenAll(topics.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken),
            reward.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal<IEnumerable<LabelScore>>((await topics.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken)).Scores,
            both[0].Scores);
        Assert.Equal<IEnumerable<LabelScore>>((await reward.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken)).Scores,
            both[1].Scores);
    }

    [Fact]
    public async Task ClassifyAsync_TooLongText_IsRefusedOrCutAsAsked()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        var full = await classifier.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<GemmaContextLengthException>(() =>
            classifier.ClassifyAsync(Text, new ClassificationOptions { MaxLength = full.TokenCount - 1 }, TestContext.Current.CancellationToken));
        var ids = (await tiny.ModelAsync()).Tokenizer!.Encode(Text, addSpecialTokens: true, recognizeControlTokens: false);
        foreach (var side in (TokenizerSide[])[TokenizerSide.Left, TokenizerSide.Right])
        {
            int[] expected = side == TokenizerSide.Right ? ids[..6] : [ids[0], .. ids[^5..]];
            var cut = await classifier.ClassifyAsync(Text, new ClassificationOptions
            {
                MaxLength = 6,
                TruncationSide = side,
            }, TestContext.Current.CancellationToken);
            Assert.True(cut.IsTruncated);
            Assert.Equal<IEnumerable<LabelScore>>(
                (await classifier.ClassifyAsync(ClassificationInput.FromTokens(expected), cancellationToken: TestContext.Current.CancellationToken)).Scores,
                cut.Scores);
        }
    }

    [Fact]
    public async Task ClassifyAsync_Pair_IsJoinedWithTwoBos()
    {
        var model = await tiny.ModelAsync();
        using var classifier = new GemmaSequenceClassifier(model, "reward");
        int[] ids = [.. model.Tokenizer!.Encode("a query", true, false), .. model.Tokenizer.Encode("a document", true, false)];
        var expected = await classifier.ClassifyAsync(ClassificationInput.FromTokens(ids), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Score,
            (await classifier.ClassifyAsync(ClassificationInput.FromPair("a query", "a document"),
                cancellationToken: TestContext.Current.CancellationToken)).Score);
        var ranked = await classifier.RerankAsync("a query", ["a document", "another one"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Score, ranked.Single(document => document.Index == 0).Score);
        Assert.True(ranked[0].Score >= ranked[1].Score);
    }

    [Fact]
    public async Task ClassifyAsync_BadInput_NamesTheInput()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        foreach (var bad in (ClassificationInput[])["", ClassificationInput.FromTokens(Array.Empty<int>()), ClassificationInput.FromTokens((int[])[2, 4096]),
            ClassificationInput.FromTokens((int[])[-1]), ClassificationInput.FromMessages([])])
        {
            var error = await Assert.ThrowsAsync<ClassificationInputException>(() =>
                classifier.ClassifyAsync([Text, bad], cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(1, error.Index);
        }
    }

    [Fact]
    public async Task ClassifyAsync_UnknownNames_ListTheKnownOnes()
    {
        var model = await tiny.ModelAsync();
        Assert.Contains("topics, reward", Assert.Throws<UnknownHeadException>(() => new GemmaSequenceClassifier(model, "moods")).Message,
            StringComparison.Ordinal);
        Assert.Throws<UnknownHeadException>(() => new GemmaSequenceClassifier(model));
        using var classifier = new GemmaSequenceClassifier(model, "topics");
        var options = new ClassificationOptions { Thresholds = new Dictionary<string, float> { ["bill"] = 0.5f } };
        await Assert.ThrowsAsync<UnknownLabelException>(() => classifier.ClassifyAsync(Text, options, TestContext.Current.CancellationToken));
        Assert.Throws<UnknownLabelException>(() => new ClassificationResult([new LabelScore("a", 1, 1)])["b"]);
    }

    [Fact]
    public async Task ClassifyStreamingAsync_SlowSource_GetsResultsBeforeItEnds()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        var more = new TaskCompletionSource();
        await using var results = classifier.ClassifyStreamingAsync(Source(), null, TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await results.MoveNextAsync());
        more.SetResult();
        Assert.True(await results.MoveNextAsync());
        Assert.False(await results.MoveNextAsync());

        async IAsyncEnumerable<ClassificationInput> Source()
        {
            yield return Text;
            await more.Task;
            yield return "again";
        }
    }

    [Fact]
    public async Task ClassifyStreamingAsync_LeavingEarly_StopsReadingTheSource()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        var read = 0;
        await foreach (var result in classifier.ClassifyStreamingAsync(Source(), cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.NotNull(result);
            break;
        }

        Assert.InRange(read, 1, 400);
        Assert.NotNull(await classifier.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken));

        async IAsyncEnumerable<ClassificationInput> Source()
        {
            while (true)
            {
                await Task.Yield();
                read++;
                yield return Text;
            }
        }
    }

    [Fact]
    public async Task ClassifyAsync_Cancelled_ThrowsAndFreesTheRows()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        using var cancellation = new CancellationTokenSource();
        var running = classifier.ClassifyAsync(Enumerable.Repeat(0, 500).Select((_, i) => ClassificationInput.FromText(Text + i)),
            cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.NotNull(await classifier.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task GetService_Metadata_HasLabelsAndProblem()
    {
        using var classifier = new GemmaSequenceClassifier(await tiny.ModelAsync(), "topics");
        using var wrapped = classifier.AsBuilder().UseDefaultOptions(new ClassificationOptions { Threshold = 1.1f }).Build();
        var metadata = wrapped.GetService<SequenceClassifierMetadata>()!;
        Assert.Equal(("topics", ClassificationProblem.MultiLabel, "billing"), (metadata.HeadName, metadata.ProblemType, metadata.Labels[0]));
        Assert.Same(classifier, wrapped.GetService<GemmaSequenceClassifier>());
        Assert.Empty((await wrapped.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken)).SelectedLabels);
    }

    [Fact]
    public async Task Classify_ChatAtTheSameTime_BothAnswer()
    {
        var model = await tiny.ModelAsync();
        using var client = new GemmaChatClient(model);
        using var classifier = new GemmaSequenceClassifier(model, "topics");
        var chat = client.GetResponseAsync("Hello!", cancellationToken: TestContext.Current.CancellationToken);
        ClassificationInput[] inputs = [.. Enumerable.Range(120, 30).Select(length => ClassificationInput.FromTokens(Enumerable.Range(500, length).ToArray()))];
        var results = await classifier.ClassifyAsync(inputs, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("Hello! How can I help you?", (await chat).Text);
        Assert.Equal(inputs.Length, results.Count);
        foreach (var i in (int[])[0, 8, 9, 10, 29])
        {
            Assert.Equal<IEnumerable<LabelScore>>((await classifier.ClassifyAsync(inputs[i], cancellationToken: TestContext.Current.CancellationToken)).Scores,
                results[i].Scores);
        }
    }

    private static void AssertLogits(JsonElement item, ClassificationResult result)
    {
        float[] expected = [.. item.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle())];
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - result.Scores[i].Logit) <= 1e-3f,
                $"{result.Scores[i].Label}: {result.Scores[i].Logit} instead of {expected[i]}");
        }
    }
}
