using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.OnnxRuntime.Memory;

/// <summary>Memory from the Linux kernel itself.</summary>
internal static unsafe partial class LinuxMemory
{
    /// <summary>Not to count as used before it is written.</summary>
    public const int NoReserve = 0x4000;

    /// <summary>What was written is not needed any more; it reads as zeros again.</summary>
    public const int AdviseDontNeed = 4;

    /// <summary>Is about to be written; systems before 5.14 do not know it.</summary>
    public const int AdvisePopulateWrite = 23;

    /// <summary>To lie in huge pages.</summary>
    public const int AdviseHugePage = 14;

    /// <summary>To lie in small pages, whatever the system's default.</summary>
    public const int AdviseNoHugePage = 15;

    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;

    /// <summary>Zeroed memory, on a multiple of the small pages' size, or 0 where the system has none.</summary>
    public static nint Map(nuint length, int flags = 0) =>
        MapMemory(0, length, ReadWrite, PrivateAnonymous | flags, -1, 0) is not -1 and var address ? address : 0;

    /// <summary>Gives memory back.</summary>
    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nuint length);

    /// <summary>Tells the kernel how memory is used.</summary>
    /// <returns>0, or -1 if it could not be heeded.</returns>
    [LibraryImport("libc", EntryPoint = "madvise")]
    public static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MapMemory(nint address, nuint length, int protection, int flags, int file, nint offset);
}
