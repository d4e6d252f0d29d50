using Gemma.Runtime.Engines.Processors;

namespace Gemma.Runtime.Tests.Engines.Processors;

/// <summary>Cores as the kernel describes them, from folders laid out like <c>/sys</c> and <c>/proc</c>.</summary>
public sealed class LinuxTopologyTests : IDisposable
{
    private readonly SystemFolder _system = new();

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData("0-1", "0,1", 2, 2)]
    [InlineData("0-1", "0-1,0-1", 2, 1)]
    [InlineData("0-7", "0-1,0-1,2-3,2-3,4-5,4-5,6-7,6-7", 8, 4)]
    [InlineData("0-7", "0 4,1 5,2 6,3 7,0 4,1 5,2 6,3 7", 8, 4)]
    [InlineData("4-5", "0 4,1 5,2 6,3 7,0 4,1 5,2 6,3 7", 2, 2)]
    [InlineData("0,4", "0 4,1 5,2 6,3 7,0 4,1 5,2 6,3 7", 2, 1)]
    public void Read_Siblings_CountOneCoreWithinTheAffinity(string allowed, string siblings, int logical, int cores)
    {
        _system.Allow(allowed);
        var lists = siblings.Split(',');
        for (var i = 0; i < lists.Length; i++) _system.Write($"sys/devices/system/cpu/cpu{i}/topology/core_cpus_list", lists[i].Replace(' ', ','));
        Assert.Equal(new ProcessorTopology(logical, cores, logical, cores), LinuxTopology.Read(_system.Root));
    }

    [Fact]
    public void Read_TwoKindsOfCores_CountsTheFasterApart()
    {
        _system.Allow("0-7");
        for (var i = 0; i < 4; i++) _system.Write($"sys/devices/system/cpu/cpu{i}/topology/core_cpus_list", i < 2 ? "0-1" : "2-3");
        _system.Write("sys/devices/cpu_core/cpus", "0-3");
        _system.Write("sys/devices/cpu_atom/cpus", "4-7");
        Assert.Equal(new ProcessorTopology(8, 6, 4, 2), LinuxTopology.Read(_system.Root));
    }

    [Fact]
    public void Read_ThreeCapacities_LeavesOutTheSmallest()
    {
        _system.Allow("0-7");
        for (var i = 0; i < 8; i++) _system.Write($"sys/devices/system/cpu/cpu{i}/cpu_capacity", i < 4 ? "420" : i < 7 ? "800" : "1024");
        Assert.Equal(new ProcessorTopology(8, 8, 4, 4), LinuxTopology.Read(_system.Root));
    }

    [Fact]
    public void Read_OnlyEfficiencyCoresAllowed_CountsThose()
    {
        _system.Allow("4-6");
        _system.Write("sys/devices/cpu_core/cpus", "0-3");
        Assert.Equal(new ProcessorTopology(3, 3, 3, 3), LinuxTopology.Read(_system.Root));
    }

    [Fact]
    public void Read_OfflineProcessors_DoNotCount()
    {
        _system.Allow("0-127");
        _system.Write("sys/devices/system/cpu/online", "0-1,3");
        Assert.Equal(ProcessorTopology.Uniform(3), LinuxTopology.Read(_system.Root));
    }

    [Fact]
    public void Read_NothingTold_IsNull() => Assert.Null(LinuxTopology.Read(_system.Root));
}
