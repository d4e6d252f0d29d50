using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Gemma.Runtime.Engines.Processors;

namespace Gemma.Runtime.Tests.Engines.Processors;

/// <summary>Records as Windows writes them, one of 48 bytes per core.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsTopologyTests
{
    [Fact]
    public void Count_HybridProcessor_CountsPerformanceCores() =>
        Assert.Equal(new ProcessorTopology(6, 4, 4, 2),
            WindowsTopology.Count([.. Core(1, 0b11), .. Core(1, 0b1100), .. Core(0, 0b10000), .. Core(0, 0b100000)], ulong.MaxValue));

    [Fact]
    public void Count_Affinity_LeavesOutTheOthers() =>
        Assert.Equal(new ProcessorTopology(2, 2, 2, 2), WindowsTopology.Count([.. Core(0, 0b11), .. Core(0, 0b1100), .. Core(0, 0b110000)], 0b0101));

    [Fact]
    public void Count_SeveralGroups_TakesAll() =>
        Assert.Equal(new ProcessorTopology(4, 2, 4, 2), WindowsTopology.Count([.. Core(0, 0b11), .. Core(0, 0b11, group: 1)], 0b1));

    [Fact]
    public void Count_BrokenRecords_IsNull() => Assert.Null(WindowsTopology.Count(new byte[48], ulong.MaxValue));

    private static byte[] Core(byte efficiency, ulong mask, ushort group = 0)
    {
        var record = new byte[48];
        MemoryMarshal.Write(record.AsSpan(4), 48);
        record[9] = efficiency;
        MemoryMarshal.Write(record.AsSpan(32), mask);
        MemoryMarshal.Write(record.AsSpan(40), group);
        return record;
    }
}
