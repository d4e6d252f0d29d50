using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Generation.Requests;

/// <summary>Any request streams: several sequences over one computed prompt, with log-probabilities and alternatives.</summary>
public sealed class SequenceStreamTests(TinyGemma tiny)
{
    private static readonly int[] Prompt = [2, .. Enumerable.Range(500, 90)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GenerateAsync_ThreeSequencesWithLogProbabilities_StreamOverOneComputedPrompt()
    {
        await using var model = await GemmaModel.LoadAsync(await tiny.PackageAsync(Runtime.Models.ModelPrecision.Fp32), new GemmaModelOptions
        {
            Engine = new() { Threads = 1 },
            MaxCachedConversations = 0,
        }, cancellationToken: Cancellation);
        var request = new GenerationRequest
        {
            Config = new GenerationConfig { DoSample = true, Temperature = 2, Seed = 7, NumReturnSequences = 3, MaxNewTokens = 12, EosTokenId = [] },
            Alternatives = 2,
        };
        var updates = await model.GenerateAsync(Prompt, request, Cancellation).ToListAsync(Cancellation);
        var sequences = updates.GroupBy(update => update.Sequence).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
        Assert.Equal(3, sequences.Length);
        foreach (var sequence in sequences)
        {
            Assert.Equal(12, sequence.Count(update => update.TokenId is not null));
            Assert.All(sequence[..^1], update =>
            {
                Assert.Equal(update.TokenId, update.Choice!.Id);
                Assert.True(update.Choice.LogProbability <= 0);
                Assert.Equal(2, update.Choice.Alternatives.Count);
                Assert.True(update.Choice.Alternatives[0].LogProbability >= update.Choice.Alternatives[1].LogProbability);
                Assert.True(update.Choice.Alternatives[0].LogProbability >= update.Choice.LogProbability);
            });
            var summary = sequence[^1].Summary!;
            Assert.Equal((GenerationFinishReason.Length, Prompt.Length, 12), (summary.FinishReason, summary.InputTokens, summary.OutputTokens));
        }

        // They come in turn, not one after the other, and only the first computed the prompt.
        Assert.True(updates.FindIndex(update => update.Sequence == 2) < updates.FindLastIndex(update => update.Sequence == 0));
        Assert.Equal([0, Prompt.Length - 2, Prompt.Length - 2], sequences.Select(sequence => sequence[^1].Summary!.CachedInputTokens));
        Assert.Equal(3, sequences.Select(sequence => string.Join(' ', sequence.Select(update => update.TokenId))).Distinct().Count());

        var collected = await model.GenerateSequencesAsync(Prompt, request, Cancellation);
        Assert.Equal(sequences.Select(sequence => sequence[..^1].Select(update => update.TokenId!.Value)), collected.Select(sequence => sequence.Ids));
        Assert.Equal(sequences.Select(sequence => sequence[..^1].Select(update => update.Choice!.LogProbability)),
            collected.Select(sequence => sequence.Choices.Select(choice => choice.LogProbability)));
    }

    [Fact]
    public async Task GenerateAsync_Beams_ComeTogetherBestFirst()
    {
        var model = await tiny.ModelAsync();
        var request = new GenerationRequest { Config = new GenerationConfig { NumBeams = 3, NumReturnSequences = 2, MaxNewTokens = 6 } };
        var updates = await model.GenerateAsync(Prompt, request, Cancellation).ToListAsync(Cancellation);
        var expected = await model.GenerateSequencesAsync(Prompt, request with
        {
            Config = request.Config with { EosTokenId = model.Package.EosTokenIds },
        }, Cancellation);
        Assert.Equal(expected.Select(sequence => sequence.Ids),
            updates.GroupBy(update => update.Sequence)
                .Select(group => group.Where(update => update.TokenId is not null).Select(update => update.TokenId!.Value)));
        float?[] scores = [.. updates.Where(update => update.Summary is not null).Select(update => update.Summary!.Score)];
        Assert.Equal(expected.Select(sequence => sequence.Score), scores);
        Assert.True(scores[0] >= scores[1]);
    }

    [Fact]
    public async Task GenerateAsync_LeavingEarly_EndsAllSequences()
    {
        var model = await tiny.ModelAsync();
        var request = new GenerationRequest { Config = new GenerationConfig { DoSample = true, NumReturnSequences = 3, MaxNewTokens = 500, EosTokenId = [] } };
        await foreach (var update in model.GenerateAsync(Prompt, request, Cancellation))
        {
            if (update.Sequence == 2) break;
        }

        // The next one shares the passes with whatever is left.
        for (var i = 0; i < 1000 && model.ActiveRequests > 0; i++) await Task.Delay(10, Cancellation);
        Assert.Single(await model.GenerateSequencesAsync(Prompt, new GenerationRequest { Config = new GenerationConfig { MaxNewTokens = 2 } }, Cancellation));
    }

    [Fact]
    public async Task GenerateAsync_LengthOfTheModelsOwn_IsCutToTheContextAndTheCallersIsRefused()
    {
        var model = await tiny.ModelAsync();
        Assert.Equal(256, model.GenerationDefaults.MaxNewTokens);
        var prompt = Enumerable.Repeat(500, model.ContextLength - 3).ToArray();
        var sequence = Assert.Single(await model.GenerateSequencesAsync(prompt, new GenerationRequest
        {
            Config = new GenerationConfig { EosTokenId = [] },
        }, Cancellation));
        Assert.Equal(3, sequence.Ids.Count);
        await Assert.ThrowsAsync<GemmaContextLengthException>(() =>
            model.GenerateSequencesAsync(prompt, new GenerationRequest { Config = new GenerationConfig { MaxNewTokens = 4 } }, Cancellation));
    }
}
