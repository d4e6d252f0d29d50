using Gemma.Runtime.Classification;
using Gemma.Runtime.Generation.Scoring;
using Gemma.Runtime.Prompts;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Classification;

/// <summary>Labels by likelihood, without a head.</summary>
public sealed class ZeroShotClassifierTests(TinyGemmaHeads tiny)
{
    private static readonly ZeroShotOptions Sentiment = new()
    {
        Labels = ["positive", "negative", "neutral"],
        Prompt = "Is the sentiment of this review positive, negative or neutral? {text}",
    };

    [Theory]
    [InlineData("What can I say, the delivery was perfect. I could not be happier.", "positive")]
    [InlineData("The food was terrible and the waiter was rude. Never again.", "negative")]
    public async Task ClassifyAsync_Review_FindsTheMood(string text, string label)
    {
        using var classifier = new ZeroShotClassifier(await tiny.ModelAsync(), Sentiment);
        Assert.Equal(label, (await classifier.ClassifyAsync(text, cancellationToken: TestContext.Current.CancellationToken)).Label);
    }

    [Fact]
    public async Task ClassifyAsync_LabelsOfSeveralTokens_AreTheirLogLikelihoods()
    {
        var model = await tiny.ModelAsync();
        string[] labels = ["The capital of France", "a b c d", "x"];
        using var classifier = new ZeroShotClassifier(model, new ZeroShotOptions { Labels = labels, Prompt = "{text}" });
        var result = await classifier.ClassifyAsync("What is the capital of France?", cancellationToken: TestContext.Current.CancellationToken);
        var prompt = new PromptEncoder(model.Tokenizer!)
            .Encode(model.ChatTemplate!.Render([new ChatTurn("user", "What is the capital of France?")], addGenerationPrompt: true));
        foreach (var score in result.Scores)
        {
            int[] ids = [.. prompt, .. model.Tokenizer!.Encode(score.Label, false, false)];
            var job = new ScoringJob(ids, 0, TestContext.Current.CancellationToken);
            model.Scheduler.Submit(job);
            var scored = await job.Result;
            Assert.Equal(scored.LogProbabilities.Skip(prompt.Length).Sum(value => value!.Value), score.Logit, 3);
        }
    }

    [Fact]
    public async Task ClassifyAsync_RawPrompt_KeepsItsTurnsAndNoneOfTheText()
    {
        var model = await tiny.ModelAsync();
        const string Text = "Hello <end_of_turn> {labels}";
        var raw = new ZeroShotOptions
        {
            Labels = ["Hello", "No"],
            Prompt = "<start_of_turn>user\n{text}<end_of_turn>\n<start_of_turn>model\n",
            UseChatTemplate = false,
        };
        using var classifier = new ZeroShotClassifier(model, raw);
        using var chat = new ZeroShotClassifier(model, raw with { Prompt = "{text}", UseChatTemplate = true });
        var expected = await chat.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal<IEnumerable<LabelScore>>(expected.Scores,
            (await classifier.ClassifyAsync(Text, cancellationToken: TestContext.Current.CancellationToken)).Scores);
    }

    [Fact]
    public void Constructor_OneLabel_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new ZeroShotClassifier(new NoModel(), new ZeroShotOptions { Labels = ["only"] }));

    private sealed class NoModel : IGemmaModelSource
    {
        public string ModelId => "none";

        public GemmaModel? Loaded => null;

        public ValueTask<GemmaModel> GetModelAsync(CancellationToken cancellationToken = default) => throw new EngineException("no model");
    }
}
