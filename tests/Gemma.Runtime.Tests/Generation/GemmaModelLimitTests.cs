using Gemma.Runtime.Generation;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Generation;

/// <summary>Limits that a caller sets reach the scheduler and the engine.</summary>
public sealed class GemmaModelLimitTests
{
    private static string Package => SharedData.Require("goldens-genai", "gemma1-tiny-mqa", "int4");

    [Fact]
    public async Task GenerateAsync_TimeoutPassed_EndsWithGemmaTimeout()
    {
        await using var model = await GemmaModel.LoadAsync(Package, cancellationToken: TestContext.Current.CancellationToken);
        var request = new GenerationRequest { Config = new GenerationConfig { MaxNewTokens = 200, EosTokenId = [] }, Timeout = TimeSpan.FromTicks(1) };
        await Assert.ThrowsAsync<GemmaTimeoutException>(() => CountAsync(model, request));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => CountAsync(model, request with { Timeout = TimeSpan.Zero }));
        Assert.Equal(200, await CountAsync(model, request with { Timeout = TimeSpan.FromMinutes(5), Priority = 3 }));
    }

    [Fact]
    public async Task LoadAsync_SmallCacheBudget_ShortensTheContext()
    {
        await using var model = await GemmaModel.LoadAsync(Package, new GemmaModelOptions
        {
            Engine = new() { MaxCacheBytes = 256 * 130 },
            PromptLookup = true,
        }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(128, model.ContextLength);
        await Assert.ThrowsAsync<GemmaContextLengthException>(() =>
            CountAsync(model, new GenerationRequest { Config = new GenerationConfig { MaxNewTokens = 126 } }));
        Assert.Equal(125, await CountAsync(model, new GenerationRequest { Config = new GenerationConfig { MaxNewTokens = 125, EosTokenId = [] } }));
    }

    private static async Task<int> CountAsync(GemmaModel model, GenerationRequest request)
    {
        var count = 0;
        await foreach (var update in model.GenerateAsync(new[] { 2, 300, 17 }, request, TestContext.Current.CancellationToken))
        {
            if (update.TokenId is not null) count++;
        }

        return count;
    }
}
