using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>Windows' account of its processors (<c>GetLogicalProcessorInformationEx</c>), within the process's affinity.</summary>
[SupportedOSPlatform("windows")]
internal static partial class WindowsTopology
{
    private const int RelationProcessorCore = 0;

    // Offsets in SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX: its size; the efficiency class and the one GROUP_AFFINITY (mask, group) of a core's
    // PROCESSOR_RELATIONSHIP.
    private const int SizeOffset = 4;
    private const int EfficiencyOffset = 9;
    private const int GroupsOffset = 32;
    private const int GroupAffinitySize = 16;

    /// <summary>Null where nothing is told.</summary>
    public static ProcessorTopology? Read()
    {
        var length = 0;
        _ = GetInformation(RelationProcessorCore, null, ref length);
        if (length == 0) return null;
        var buffer = new byte[length];
        if (!GetInformation(RelationProcessorCore, buffer, ref length)) return null;
        using var process = Process.GetCurrentProcess();
        return Count(buffer.AsSpan(0, length), (ulong)process.ProcessorAffinity);
    }

    /// <summary>Counts what the function wrote.</summary>
    /// <param name="records">One record of variable size per core.</param>
    /// <param name="affinity">The processors of a group that the process may use; a process of several groups has no such limit.</param>
    internal static ProcessorTopology? Count(ReadOnlySpan<byte> records, ulong affinity)
    {
        List<(byte Efficiency, ushort Group, ulong Mask)> cores = [];
        while (records.Length >= GroupsOffset + GroupAffinitySize)
        {
            var size = MemoryMarshal.Read<int>(records[SizeOffset..]);
            if (size < GroupsOffset + GroupAffinitySize || size > records.Length) return null;
            var place = records[GroupsOffset..];
            cores.Add((records[EfficiencyOffset], MemoryMarshal.Read<ushort>(place[sizeof(ulong)..]), MemoryMarshal.Read<ulong>(place)));
            records = records[size..];
        }

        if (cores.DistinctBy(core => core.Group).Count() > 1) affinity = ulong.MaxValue;
        var allowed = cores.Select((core, index) => (Core: index, core.Efficiency, Siblings: BitOperations.PopCount(core.Mask & affinity)))
            .Where(core => core.Siblings > 0).ToArray();
        if (allowed.Length == 0) return null;
        var fastest = allowed.Max(core => core.Efficiency);
        return ProcessorTopology.Count([.. allowed.SelectMany(core => Enumerable.Repeat((core.Core, core.Efficiency == fastest), core.Siblings))]);
    }

    [LibraryImport("kernel32", EntryPoint = "GetLogicalProcessorInformationEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetInformation(int relation, byte[]? buffer, ref int length);
}
