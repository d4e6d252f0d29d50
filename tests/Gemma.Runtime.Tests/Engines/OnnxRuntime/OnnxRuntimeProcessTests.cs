namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>A process that ends while the native library computes.</summary>
public sealed class OnnxRuntimeProcessTests(TestPackages packages)
{
    [Fact]
    public Task Exit_WithoutDisposeDuringARequest_EndsCleanly() => ChildTest.RunAsync(typeof(OnnxRuntimeProcessTests), nameof(ExitDuringARequest));

    [Fact(Explicit = true)]
    public async Task ExitDuringARequest()
    {
        var model = await GemmaModel.LoadAsync(await packages.FolderAsync("slow-fp32"), cancellationToken: TestContext.Current.CancellationToken);
        await using var tokens = model.GenerateAsync(new[] { 2, 3 }, new() { MaxNewTokens = 2000 }, CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++) Assert.True(await tokens.MoveNextAsync());
        packages.Dispose();
        Environment.Exit(0);
    }
}
