using System.Runtime.Versioning;
using Gemma.Conversion.Hub;
using Gemma.Tests.Hub;

namespace Gemma.Conversion.Tests.Hub;

/// <summary>A pull that meets no trouble: what is asked, and what lies in the cache afterwards.</summary>
public sealed class ModelHubTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pull_Model_LeavesTheFoldersThatOthersRead()
    {
        await using var hub = await HubFixture.CreateAsync();
        var folder = await hub.PullAsync();
        hub.AssertPulled(folder);
        Assert.Equal(hub.Snapshot, folder);
        var model = hub.Server.Model;
        string[] wanted = ["config.json", "generation_config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json"];
        string[] expected =
        [
            .. wanted.Select(model.Etag).Distinct()
                .SelectMany(etag => new[] { $".locks/models--google--gemma-test/{etag}.lock", $"models--google--gemma-test/blobs/{etag}" }),
            .. wanted.Select(file => $"models--google--gemma-test/snapshots/{model.Commit}/{file}"),
            "CACHEDIR.TAG", "models--google--gemma-test/refs/main", $"models--google--gemma-test/trees/{model.Commit}.json",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), HubFixture.Files(hub.Cache));
        Assert.Equal(model.Commit, await File.ReadAllTextAsync(Path.Combine(hub.ModelFolder, "refs", "main"), Token));
        Assert.All(wanted, file => Assert.Equal($"../../blobs/{model.Etag(file)}", new FileInfo(Path.Combine(folder, file)).LinkTarget!.Replace('\\', '/')));
        var tree = await File.ReadAllTextAsync(Path.Combine(hub.ModelFolder, "trees", model.Commit + ".json"), Token);
        Assert.StartsWith("{\"format_version\":1,\"files\":{", tree, StringComparison.Ordinal);
        Assert.Contains($"\"config.json\":{{\"size\":{model.Files["config.json"].Length},\"blob_id\":\"{model.BlobId("config.json")}\"}}", tree,
            StringComparison.Ordinal);
        var shard = "model-00001-of-00002.safetensors";
        Assert.Contains($"\"{shard}\":{{\"size\":300000,\"blob_id\":\"{model.BlobId(shard)}\",\"lfs_sha256\":\"{model.Etag(shard)}\",\"lfs_size\":300000}}",
            tree, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_Model_AsksTwiceAndOnceForEachFile()
    {
        await using var hub = await HubFixture.CreateAsync();
        await hub.PullAsync();
        Assert.Equal(2, hub.Server.Requests.Count(request => request.Path.StartsWith("/api/", StringComparison.Ordinal)));
        Assert.Equal(7, hub.Server.Requests.Count(request => request.Path.Contains("/resolve/", StringComparison.Ordinal)));
        Assert.Equal(2, hub.Server.Requests.Count(request => request.IsData));
    }

    [Fact]
    public async Task Pull_Again_AsksForTheRevisionOnly()
    {
        await using var hub = await HubFixture.CreateAsync();
        await hub.PullAsync();
        hub.Server.Requests.Clear();
        await hub.PullAsync();
        Assert.Equal($"/api/models/{HubServerModel.Name}/revision/main", Assert.Single(hub.Server.Requests).Path);
    }

    [Fact]
    public async Task Pull_PinnedCommit_AsksForNoRevisionAndThenForNothing()
    {
        await using var hub = await HubFixture.CreateAsync();
        using var client = hub.Open();
        var name = HubModelName.Parse($"{HubServerModel.Name}@{hub.Server.Model.Commit}");
        hub.AssertPulled(await client.PullAsync(name, cancellationToken: Token));
        Assert.DoesNotContain(hub.Server.Requests, request => request.Path.Contains("/revision/", StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(hub.ModelFolder, "refs")));
        hub.Server.Requests.Clear();
        await client.PullAsync(name, cancellationToken: Token);
        Assert.Empty(hub.Server.Requests);
    }

    [Fact]
    public async Task Pull_PullRequestsRevision_IsEscapedAndKept()
    {
        await using var hub = await HubFixture.CreateAsync();
        using var client = hub.Open();
        var name = HubModelName.Parse(HubServerModel.Name, "refs/pr/3");
        await client.PullAsync(name, cancellationToken: Token);
        Assert.Contains(hub.Server.Requests, request => request.Path.EndsWith("/revision/refs%2Fpr%2F3", StringComparison.Ordinal));
        Assert.Equal(hub.Server.Model.Commit, await File.ReadAllTextAsync(Path.Combine(hub.ModelFolder, "refs", "pr", "3"), Token));
        Assert.Equal(hub.Snapshot, client.Find(name));
    }

    [Fact]
    public async Task Pull_NewCommit_LoadsOnlyWhatChanged()
    {
        await using var hub = await HubFixture.CreateAsync();
        var first = await hub.PullAsync();
        hub.Server.Model.Set("config.json", """{"model_type": "gemma2"}""");
        hub.Server.Requests.Clear();
        var second = await hub.PullAsync();
        hub.AssertPulled(second);
        Assert.NotEqual(first, second);
        Assert.Single(hub.Server.Requests, request => request.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_Patterns_LoadsWhatTheyName()
    {
        await using var hub = await HubFixture.CreateAsync();
        using var client = hub.Open();
        Assert.Equal(["gemma-test.gguf", "onnx/model.onnx"],
            HubFixture.Files(await client.PullAsync(HubFixture.Name, ["*.gguf", "onnx/*"], cancellationToken: Token)));
        Assert.Equal("../../../blobs/" + hub.Server.Model.Etag("onnx/model.onnx"), new FileInfo(Path.Combine(hub.Snapshot, "onnx", "model.onnx")).LinkTarget);
        var error = await Assert.ThrowsAsync<HubException>(() => client.PullAsync(HubFixture.Name, ["*.exe"], cancellationToken: Token));
        Assert.Equal(HubError.NotFound, error.Error);
    }

    [Fact]
    public async Task Pull_Model_ReportsEveryByteOnce()
    {
        await using var hub = await HubFixture.CreateAsync();
        using var client = hub.Open();
        var plan = await client.PlanAsync(HubFixture.Name, cancellationToken: Token);
        Assert.Equal(plan.Files.Sum(file => hub.Server.Model.Files[file.Path].LongLength), plan.Bytes);
        Assert.Equal(plan.Bytes - hub.Server.Model.Files["model.safetensors.index.json"].Length, plan.MissingBytes);
        var progress = new LastProgress();
        await client.PullAsync(plan, progress, Token);
        Assert.Equal((plan.Bytes, plan.Bytes), (progress.Last.BytesDone, progress.Last.BytesTotal));
    }

    [Fact]
    public async Task Pull_Offline_AsksNothing()
    {
        await using var hub = await HubFixture.CreateAsync();
        var error = await hub.RefusedAsync(("HF_HUB_OFFLINE", "yes"));
        Assert.Equal(HubError.NotCached, error.Error);
        Assert.Contains($"gemma pull {HubServerModel.Name}", error.Message, StringComparison.Ordinal);
        await hub.PullAsync();
        hub.Server.Requests.Clear();
        hub.AssertPulled(await hub.PullAsync(("TRANSFORMERS_OFFLINE", "1")));
        Assert.Empty(hub.Server.Requests);
    }

    [Fact]
    public async Task Pull_OfflineWithAFileGone_IsNotWhole()
    {
        await using var hub = await HubFixture.CreateAsync();
        File.Delete(Path.Combine(await hub.PullAsync(), "tokenizer.json"));
        Assert.Equal(HubError.NotCached, (await hub.RefusedAsync(("HF_HUB_OFFLINE", "1"))).Error);
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_HubThatFails_UsesTheCache()
    {
        await using var hub = await HubFixture.CreateAsync();
        await hub.PullAsync();
        hub.Server.Switches.Fails = (503, 1000);
        hub.AssertPulled(await hub.PullAsync());
        Assert.Contains(hub.Log, line => line.StartsWith("Warning: ", StringComparison.Ordinal) && line.Contains("cache's copy", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Find_CacheOfOlderPrograms_TakesWhatIsThere()
    {
        await using var hub = await HubFixture.CreateAsync();
        var folder = await hub.PullAsync();
        Directory.Delete(Path.Combine(hub.ModelFolder, "trees"), recursive: true);
        using var client = hub.Open();
        Assert.Equal(folder, client.Find(HubFixture.Name));
        File.Delete(Path.Combine(folder, "model-00002-of-00002.safetensors"));
        Assert.Null(client.Find(HubFixture.Name));
    }

    [Fact]
    public async Task Find_LinkOutOfTheCache_IsRefused()
    {
        await using var hub = await HubFixture.CreateAsync();
        var file = Path.Combine(await hub.PullAsync(), "config.json");
        var secret = Path.Combine(hub.Cache, "secret");
        await File.WriteAllBytesAsync(secret, hub.Server.Model.Files["config.json"], Token);
        File.Delete(file);
        File.CreateSymbolicLink(file, secret);
        using var client = hub.Open();
        Assert.Contains("leads out of the cache", Assert.Throws<HubException>(() => client.Find(HubFixture.Name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_WithoutSymlinks_PutsFilesIntoTheSnapshot()
    {
        await using var hub = await HubFixture.CreateAsync();
        var folder = await hub.PullAsync(("HF_HUB_DISABLE_SYMLINKS", "1"));
        hub.AssertPulled(folder);
        Assert.All(Directory.EnumerateFiles(folder), file => Assert.Null(new FileInfo(file).LinkTarget));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(hub.ModelFolder, "blobs")));
        hub.Server.Requests.Clear();
        await hub.PullAsync(("HF_HUB_DISABLE_SYMLINKS", "1"));
        Assert.Single(hub.Server.Requests);
    }

    [Fact]
    public async Task Pull_WithoutSymlinksButWithContent_CopiesIt()
    {
        await using var hub = await HubFixture.CreateAsync();
        Directory.Delete(await hub.PullAsync(), recursive: true);
        hub.Server.Requests.Clear();
        hub.AssertPulled(await hub.PullAsync(("HF_HUB_DISABLE_SYMLINKS", "1")));
        Assert.DoesNotContain(hub.Server.Requests, request => request.Path.Contains("/resolve/", StringComparison.Ordinal));
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(hub.ModelFolder, "blobs")));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Pull_ReadOnlyCacheThatIsComplete_Works()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "folders are made read-only as Unix does it");
        await using var hub = await HubFixture.CreateAsync();
        await hub.PullAsync();
        var before = HubFixture.Files(hub.Cache).ToDictionary(file => file, file => File.GetLastWriteTimeUtc(Path.Combine(hub.Cache, file)));
        string[] folders = [hub.Cache, .. Directory.EnumerateDirectories(hub.Cache, "*", SearchOption.AllDirectories)];
        foreach (var folder in folders) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            hub.AssertPulled(await hub.PullAsync());
            hub.AssertPulled(await hub.PullAsync(("HF_HUB_OFFLINE", "1")));
        }
        finally
        {
            foreach (var folder in folders) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // To the administrator nothing is read-only: then at least nothing was written.
        Assert.Equal(before, HubFixture.Files(hub.Cache).ToDictionary(file => file, file => File.GetLastWriteTimeUtc(Path.Combine(hub.Cache, file))));
    }

    private sealed class LastProgress : IProgress<HubProgress>
    {
        public HubProgress Last { get; private set; }

        public void Report(HubProgress value) => Last = value;
    }
}
