using Gemma.Conversion.Hub;
using Gemma.Tests;
using Gemma.Tests.Hub;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gemma.SemanticKernel.Tests.Hosting;

/// <summary>A model named as the hub names it.</summary>
public sealed class HubModelTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddGemma_HubsName_DownloadsOnlyWhereAllowedAndThenAnswers()
    {
        await using var server = await HubServer.StartAsync();
        server.Model = HubServerModel.Of(TinyGemma.Checkpoint);
        using var folder = new TemporaryFolder();
        await using (var refused = Provider(server, folder, allow: false))
        {
            var error = Assert.Throws<OptionsValidationException>(() => refused.GetRequiredService<IChatClient>());
            Assert.Contains($"gemma pull {HubServerModel.Name}", error.Message, StringComparison.Ordinal);
            Assert.Contains("Hub:AllowDownload", error.Message, StringComparison.Ordinal);
            Assert.Empty(server.Requests);
        }

        await using (var allowed = Provider(server, folder, allow: true)) Assert.Contains("Hello", await AnswerAsync(allowed), StringComparison.Ordinal);
        Assert.StartsWith($"google--gemma-test-{server.Model.Commit[..8]}-fp32-", Path.GetFileName(Directory.GetDirectories(folder.File("packages"))[0]),
            StringComparison.Ordinal);

        // What the cache holds needs no permission and no request.
        server.Requests.Clear();
        await using (var cached = Provider(server, folder, allow: false)) await AnswerAsync(cached);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("no/such/folder", null, "does not exist")]
    [InlineData("google/gemma-test@main", "v2", "names a revision")]
    [InlineData(".", "v2", "has no revisions")]
    public void AddGemma_WrongName_IsRefusedAtOnce(string path, string? revision, string words)
    {
        using var provider = new ServiceCollection().AddGemma(options => (options.ModelPath, options.ModelRevision) = (path, revision)).Services
            .BuildServiceProvider();
        Assert.Contains(words, Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IChatClient>()).Message, StringComparison.Ordinal);
    }

    private static async Task<string> AnswerAsync(ServiceProvider provider) =>
        (await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", cancellationToken: Token)).Text;

    private static ServiceProvider Provider(HubServer server, TemporaryFolder folder, bool allow)
    {
        var services = new ServiceCollection();
        services.AddGemma(options =>
        {
            options.ModelPath = HubServerModel.Name;
            options.Hub = new HubOptions { Endpoint = server.Endpoint, CacheFolder = folder.File("hub"), AllowDownload = allow, Token = "none" };
            options.Conversion.CacheFolder = folder.File("packages");
            options.Conversion.Precision = Runtime.Models.ModelPrecision.Fp32;
            options.Engine.Threads = 1;
        });
        return services.BuildServiceProvider();
    }
}
