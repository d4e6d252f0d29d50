using Gemma.Tests;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>A fixture whose model could not be loaded ends as one that was never used.</summary>
public sealed class LoadedModelTests
{
    [Fact]
    public async Task DisposeAsync_LoadingWasSkipped_HasNothingToDispose()
    {
        var fixture = new Skipping();
        await Assert.ThrowsAsync<FileNotFoundException>(fixture.ModelAsync);
        await fixture.DisposeAsync();
    }

    private sealed class Skipping : TinyGemma
    {
        protected override GemmaModelOptions Configure(GemmaModelOptions options) => throw new FileNotFoundException();
    }
}
