using Gemma.Runtime.Engines.Processors;

namespace Gemma.Runtime.Tests.Engines.Processors;

/// <summary>Quotas of both versions of control groups.</summary>
public sealed class CpuQuotaTests : IDisposable
{
    private const string Second = "30 22 0:27 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw";
    private const string First = "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct";

    private readonly SystemFolder _system = new();

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData("150000 100000", 1.5)]
    [InlineData("50000 100000", 0.5)]
    [InlineData("max 100000", null)]
    public void Read_SecondVersion_ReadsCpuMax(string limit, double? expected)
    {
        Mount(Second, "0::/pod/box");
        _system.Write("sys/fs/cgroup/pod/box/cpu.max", limit);
        Assert.Equal(expected, CpuQuota.Read(_system.Root));
    }

    [Theory]
    [InlineData("300000", "max", 3.0)]
    [InlineData("max", "300000", 3.0)]
    [InlineData("400000", "200000", 2.0)]
    [InlineData("200000", "400000", 2.0)]
    public void Read_NestedGroups_TakesTheLeast(string outer, string inner, double expected)
    {
        Mount(Second, "0::/pod/box");
        _system.Write("sys/fs/cgroup/pod/cpu.max", outer + " 100000");
        _system.Write("sys/fs/cgroup/pod/box/cpu.max", inner + " 100000");
        Assert.Equal(expected, CpuQuota.Read(_system.Root));
    }

    [Theory]
    [InlineData("250000", 2.5)]
    [InlineData("-1", null)]
    public void Read_FirstVersion_ReadsQuotaAndPeriod(string quota, double? expected)
    {
        Mount(First, "4:cpu,cpuacct:/box\n3:cpuset:/other\n0::/");
        _system.Write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", quota);
        _system.Write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000");
        Assert.Equal(expected, CpuQuota.Read(_system.Root));
    }

    [Fact]
    public void Read_ContainerWithThePathOfItsHost_ReadsItsMount()
    {
        Mount("30 22 0:27 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw", "0::/docker/abc");
        _system.Write("sys/fs/cgroup/cpu.max", "200000 100000");
        Assert.Equal(2, CpuQuota.Read(_system.Root));
    }

    [Fact]
    public void Read_GroupOutsideTheMount_ReadsTheMount()
    {
        Mount(Second, "0::/../../elsewhere");
        _system.Write("sys/fs/cgroup/cpu.max", "200000 100000");
        Assert.Equal(2, CpuQuota.Read(_system.Root));
    }

    [Fact]
    public void Read_NothingTold_IsNull() => Assert.Null(CpuQuota.Read(_system.Root));

    private void Mount(string mount, string groups)
    {
        _system.Write("proc/self/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n" + mount);
        _system.Write("proc/self/cgroup", groups);
    }
}
