using Gemma.Tests;
using Gemma.Tests.Hub;

namespace Gemma.Cli.Tests.Hub;

/// <summary>Pulls that die, and pulls at the same time, as processes of their own. <c>Gemma.Benchmarks crashes</c> does it hundreds of times.</summary>
public sealed class PullCrashTests
{
    private static readonly string Gemma = Path.Combine(AppContext.BaseDirectory, "gemma.dll");

    [Fact]
    public async Task Pull_KilledAtAnyMoment_LeavesAValidCache()
    {
        await using var server = await HubServer.StartAsync();
        using var folder = new TemporaryFolder();
        server.Model = HubServerModel.Create(1_000_000);
        server.Switches.Delay = TimeSpan.FromMilliseconds(10);
        var crashes = new HubCrashes(server, folder.File("hub"), Gemma);
        await crashes.KillAsync(3, TimeSpan.FromSeconds(1));
        await crashes.PullAsync();
    }

    [Fact]
    public async Task Pull_TwoProcesses_LoadEachFileOnce()
    {
        await using var server = await HubServer.StartAsync();
        using var folder = new TemporaryFolder();
        server.Switches.Delay = TimeSpan.FromMilliseconds(20);
        await new HubCrashes(server, folder.File("hub"), Gemma).PullAsync(processes: 2);
        Assert.Equal(2, server.Requests.Count(request => request.IsData));
    }
}
