namespace Gemma.Runtime.Tests.Engines.OnnxRuntime;

/// <summary>A process that ends while the native library computes.</summary>
public sealed class OnnxRuntimeProcessTests(TestPackages packages)
{
    private const string Exiting = "exiting in the middle of a request";

    [Fact]
    public async Task Exit_WithoutDisposeDuringARequest_EndsCleanly() =>
        Assert.Contains(Exiting, await ChildTest.RunAsync(typeof(OnnxRuntimeProcessTests), nameof(ExitDuringARequest)), StringComparison.Ordinal);

    [Fact(Explicit = true)]
    public async Task ExitDuringARequest()
    {
        var model = await GemmaModel.LoadAsync(await packages.FolderAsync("slow-fp32"), cancellationToken: TestContext.Current.CancellationToken);
        await using var tokens = model.GenerateAsync(new[] { 2, 3 }, new()
        {
            Config = new Runtime.Models.GenerationConfig { MaxNewTokens = 2000 },
        }, CancellationToken.None).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++) Assert.True(await tokens.MoveNextAsync());
        packages.Dispose();
        Console.WriteLine(Exiting);
        Environment.Exit(0);
    }
}
