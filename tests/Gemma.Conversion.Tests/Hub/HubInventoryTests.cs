using Gemma.Conversion.Hub;
using Gemma.Tests.Hub;

namespace Gemma.Conversion.Tests.Hub;

/// <summary>What the cache holds, and how it goes.</summary>
public sealed class HubInventoryTests
{
    [Fact]
    public async Task List_TwoRevisions_HaveTheirNamesAndSizes()
    {
        await using var hub = await HubFixture.CreateAsync();
        await hub.PullAsync();
        var first = hub.Server.Model.Commit;
        hub.Server.Model.Set("config.json", "{}");
        File.Delete(Path.Combine(await hub.PullAsync(), "tokenizer.json"));
        using var client = hub.Open();
        var list = client.List().ToDictionary(snapshot => snapshot.Commit);
        Assert.Equal(2, list.Count);
        Assert.True(list[first].IsComplete);
        Assert.Empty(list[first].Revisions);
        Assert.False(list[hub.Server.Model.Commit].IsComplete);
        Assert.Equal(["main"], list[hub.Server.Model.Commit].Revisions);
        Assert.Equal(list[first].Bytes, Directory.EnumerateFiles(list[first].Folder).Sum(file => File.ReadAllBytes(file).LongLength));
    }

    [Fact]
    public async Task Remove_OneRevision_KeepsSharedContent()
    {
        await using var hub = await HubFixture.CreateAsync();
        await hub.PullAsync();
        var (first, config) = (hub.Server.Model.Commit, hub.Server.Model.Files["config.json"].Length);
        hub.Server.Model.Set("config.json", "{}");
        var second = await hub.PullAsync();
        using var client = hub.Open();
        Assert.InRange(client.Remove(HubModelName.Parse($"{HubServerModel.Name}@{first[..8]}")), config, config + 5000);
        hub.AssertPulled(second);
        Assert.Equal(hub.Server.Model.Commit, Assert.Single(client.List()).Commit);
    }

    [Fact]
    public async Task Remove_Branch_DeletesItsCommit()
    {
        await using var hub = await HubFixture.CreateAsync();
        await hub.PullAsync();
        using var client = hub.Open();
        Assert.True(client.Remove(HubModelName.Parse(HubServerModel.Name + "@main")) > 450_000);
        Assert.Equal(["CACHEDIR.TAG"], HubFixture.Files(hub.Cache));
        Assert.Equal(HubError.NotCached, Assert.Throws<HubException>(() => client.Remove(HubFixture.Name)).Error);
    }

    [Fact]
    public async Task List_ContentThatIsGone_IsIncompleteAndLoadedAgain()
    {
        await using var hub = await HubFixture.CreateAsync();
        var folder = await hub.PullAsync();
        var link = new FileInfo(Path.Combine(folder, "config.json"));
        Assert.SkipWhen(link.LinkTarget is null, "This system has no symbolic links.");
        File.Delete(link.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        using (var client = hub.Open()) Assert.False(Assert.Single(client.List()).IsComplete);
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_NoWeightsThatAConversionReads_NamesWhatIsThere()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Model.Set("model.safetensors.index.json", """{"weight_map": {}}""");
        var error = await hub.RefusedAsync();
        Assert.Equal(HubError.NotFound, error.Error);
        Assert.Contains("gemma-test.gguf", error.Message, StringComparison.Ordinal);
    }
}
