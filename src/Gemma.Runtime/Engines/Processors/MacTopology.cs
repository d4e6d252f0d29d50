using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>macOS's account of its processors; it knows no affinity. Apple's performance cores are level 0.</summary>
internal static partial class MacTopology
{
    /// <summary>Null where nothing is told.</summary>
    public static ProcessorTopology? Read() => Read("hw.logicalcpu") is { } logical && Read("hw.physicalcpu") is { } cores
        ? new ProcessorTopology(logical, cores, Read("hw.perflevel0.logicalcpu") ?? logical, Read("hw.perflevel0.physicalcpu") ?? cores)
        : null;

    private static int? Read(string name)
    {
        nuint size = sizeof(int);
        return SystemControl(name, out var value, ref size, 0, 0) == 0 && size == sizeof(int) && value > 0 ? value : null;
    }

    [LibraryImport("libc", EntryPoint = "sysctlbyname", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SystemControl(string name, out int value, ref nuint size, nint newValue, nuint newSize);
}
