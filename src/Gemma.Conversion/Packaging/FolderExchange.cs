using System.Runtime.InteropServices;

namespace Gemma.Conversion.Packaging;

/// <summary>Swaps the names of two folders in one step of the file system, where it can: at no moment is either name without a folder.</summary>
internal static partial class FolderExchange
{
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;

    /// <summary>Swaps them, or returns false and changes nothing.</summary>
    public static bool TrySwap(string first, string second)
    {
        try
        {
            return OperatingSystem.IsLinux()
                ? Rename(CurrentFolder, first, CurrentFolder, second, Exchange) == 0
                : OperatingSystem.IsMacOS() && Rename(first, second, Exchange) == 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int firstFolder, string first, int secondFolder, string second, uint flags);

    [LibraryImport("libc", EntryPoint = "renamex_np", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(string first, string second, uint flags);
}
