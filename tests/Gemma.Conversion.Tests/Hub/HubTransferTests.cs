using Gemma.Conversion.Hub;
using Gemma.Tests.Hub;

namespace Gemma.Conversion.Tests.Hub;

/// <summary>Downloads that break, lie or stall.</summary>
public sealed class HubTransferTests
{
    private const string Shard = "model-00001-of-00002.safetensors";

    [Fact]
    public async Task Pull_CutConnections_ContinuesWithRanges()
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.CutAfter, hub.Server.Switches.Cuts) = (40_000, 8);
        hub.AssertPulled(await hub.PullAsync());
        Assert.Contains(hub.Server.Requests, request => request.IsData && request.Range is not null);
    }

    [Fact]
    public async Task Pull_CutAndRangesIgnored_StartsOver()
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.CutAfter, hub.Server.Switches.Cuts, hub.Server.Switches.IgnoresRanges) = (40_000, 2, true);
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_CutAndRangesRefused_StartsOver()
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.CutAfter, hub.Server.Switches.Cuts, hub.Server.Switches.RefusesRanges) = (40_000, 2, true);
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_ServerThatAlwaysCuts_GivesUpAndContinuesLater()
    {
        await using var hub = await HubFixture.CreateAsync();
        (hub.Server.Switches.CutAfter, hub.Server.Switches.Cuts) = (0, 1000);
        var error = await hub.RefusedAsync();
        Assert.Equal(HubError.Network, error.Error);
        Assert.Contains("6 times in a row", error.Message, StringComparison.Ordinal);
        hub.Server.Switches.Cuts = 0;
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_CancelledDownload_IsContinuedByTheNext()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Model = HubServerModel.Create(1_000_000);
        using var stop = new CancellationTokenSource();
        using (var client = hub.Open())
        {
            var progress = new StopAt(stop, Shard, 500_000);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.PullAsync(HubFixture.Name, null, progress, stop.Token));
        }

        Assert.True(File.Exists(Path.Combine(hub.ModelFolder, "blobs", hub.Server.Model.Etag(Shard) + ".gemma.incomplete")));
        hub.Server.Requests.Clear();
        hub.AssertPulled(await hub.PullAsync());
        Assert.Contains(hub.Server.Requests,
            request => request.Range is { } range && int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) >= 500_000);
    }

    [Fact]
    public async Task Pull_PartOfAnotherFile_IsNotContinued()
    {
        await using var hub = await HubFixture.CreateAsync();
        var blobs = Directory.CreateDirectory(Path.Combine(hub.ModelFolder, "blobs")).FullName;
        var part = Path.Combine(blobs, hub.Server.Model.Etag(Shard) + ".gemma.incomplete");
        await File.WriteAllBytesAsync(part, new byte[1000], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(part + ".json", """{"etag":"other","size":300000,"bytes":1000}""", TestContext.Current.CancellationToken);
        hub.AssertPulled(await hub.PullAsync());
        Assert.DoesNotContain(hub.Server.Requests, request => request.Range is not null);
    }

    [Fact]
    public async Task Pull_PartWithWrongBytes_IsFoundByItsHash()
    {
        await using var hub = await HubFixture.CreateAsync();
        var blobs = Directory.CreateDirectory(Path.Combine(hub.ModelFolder, "blobs")).FullName;
        var etag = hub.Server.Model.Etag(Shard);
        var part = Path.Combine(blobs, etag + ".gemma.incomplete");
        await File.WriteAllBytesAsync(part, new byte[1000], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(part + ".json", $$"""{"etag":"{{etag}}","size":300000,"bytes":1000}""", TestContext.Current.CancellationToken);
        hub.AssertPulled(await hub.PullAsync());
        Assert.Contains(hub.Server.Requests, request => request.Range == "bytes=1000-");
        Assert.Contains(hub.Log, line => line.Contains("came damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_OthersPart_IsNotTouched()
    {
        await using var hub = await HubFixture.CreateAsync();
        var blobs = Directory.CreateDirectory(Path.Combine(hub.ModelFolder, "blobs")).FullName;
        var others = Path.Combine(blobs, hub.Server.Model.Etag(Shard) + ".incomplete");
        await File.WriteAllTextAsync(others, "theirs", TestContext.Current.CancellationToken);
        await hub.PullAsync();
        Assert.Equal("theirs", await File.ReadAllTextAsync(others, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Pull_PartHeldByAnotherProcess_TakesAnOwnOne()
    {
        await using var hub = await HubFixture.CreateAsync();
        var blobs = Directory.CreateDirectory(Path.Combine(hub.ModelFolder, "blobs")).FullName;
        var part = Path.Combine(blobs, hub.Server.Model.Etag(Shard) + ".gemma.incomplete");
        using (new FileStream(part, FileMode.Create, FileAccess.ReadWrite, FileShare.None)) await hub.PullAsync();
        File.Delete(part);
        hub.AssertPulled(hub.Snapshot);
    }

    [Fact]
    public async Task Pull_DamagedOnce_LoadsAgain()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.Damages = 1;
        hub.AssertPulled(await hub.PullAsync());
        Assert.Contains(hub.Log, line => line.Contains("came damaged", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_DamagedAlways_NamesBothHashesAndKeepsNothing()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.Damages = 1000;
        var error = await hub.RefusedAsync();
        Assert.Equal(HubError.Damaged, error.Error);
        Assert.Matches("hash [0-9a-f]{64} instead of [0-9a-f]{64}", error.Message);
        Assert.DoesNotContain(HubFixture.Files(hub.Cache),
            file => file.Contains("safetensors", StringComparison.Ordinal) && !file.EndsWith(".index.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_OneByteTooMany_IsRefused()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.TooLong = 1000;
        Assert.Contains("bytes instead of", (await hub.RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_SilentServer_AsksAgain()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.Stalls = 1;
        hub.AssertPulled(await hub.PullAsync(("HF_HUB_DOWNLOAD_TIMEOUT", "0.5")));
        Assert.Contains(hub.Log, line => line.Contains("sent nothing for 0.5 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_ExpiredSignature_IsSignedAgain()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.Expired = 3;
        hub.AssertPulled(await hub.PullAsync());
        hub.Server.Model.Set(Shard, HubServerModel.Bytes(9, 1000));
        hub.Server.Switches.Expired = 1000;
        Assert.Contains("signed addresses", (await hub.RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_BusyHub_WaitsAsItSays()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.Fails = (429, 1);
        hub.Server.Switches.RateLimit = "\"api\";r=0;t=55";
        hub.AssertPulled(await hub.PullAsync());
        Assert.Contains(hub.Log, line => line.Contains("answered 429. Trying again in 56 s", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(500)]
    [InlineData(504)]
    public async Task Pull_FailureThatPasses_TriesAgain(int status)
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.Fails = (status, 5);
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_PackedText_IsUnpacked()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.PacksAlways = true;
        hub.AssertPulled(await hub.PullAsync());
    }

    [Fact]
    public async Task Pull_FullDisk_IsSaidBeforeTheFirstByte()
    {
        await using var hub = await HubFixture.CreateAsync();
        for (var i = 0; i < 3000; i++) hub.Server.Model.Set($"part-{i}.ckpt", HubServerModel.Bytes(i, 10));
        hub.Server.Switches.DeclaredSize = 49_000_000_000;
        using var client = hub.Open();
        var error = await Assert.ThrowsAsync<HubException>(() =>
            client.PullAsync(HubFixture.Name, ["part-*"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(HubError.NoSpace, error.Error);
        Assert.DoesNotContain(hub.Server.Requests, request => request.Path.Contains("/resolve/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pull_FileAbove50GB_IsRefusedByName()
    {
        await using var hub = await HubFixture.CreateAsync();
        hub.Server.Switches.DeclaredSize = 60_000_000_000;
        using var client = hub.Open();
        var error = await Assert.ThrowsAsync<HubException>(() =>
            client.PullAsync(HubFixture.Name, ["*.gguf"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("gemma-test.gguf has 60 GB", error.Message, StringComparison.Ordinal);
    }

    private sealed class StopAt(CancellationTokenSource stop, string file, long bytes) : IProgress<HubProgress>
    {
        public void Report(HubProgress value)
        {
            if (value.File.Path == file && value.FileBytesDone >= bytes) stop.Cancel();
        }
    }
}
