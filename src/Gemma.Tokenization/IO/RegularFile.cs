using System.Runtime.InteropServices;

namespace Gemma.IO;

/// <summary>Reads files that are files: opening a named pipe waits for whoever writes into it, and a device has no end.</summary>
internal static partial class RegularFile
{
    // statx(2), whose structure is the same on every processor.
    private const int CurrentFolder = -100;
    private const uint TypeMask = 1;
    private const int StructureBytes = 256;
    private const int ModeOffset = 28;
    private const int FileType = 0xF000;
    private const int Folder = 0x4000;
    private const int Regular = 0x8000;

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="InvalidModelException">It is a pipe, a socket or a device.</exception>
    public static FileStream OpenRead(string path)
    {
        Ensure(path);
        return File.OpenRead(path);
    }

    /// <summary>The text of a file.</summary>
    /// <exception cref="InvalidModelException">It is a pipe, a socket or a device.</exception>
    public static string ReadAllText(string path)
    {
        Ensure(path);
        return File.ReadAllText(path);
    }

    /// <summary>Makes sure that a file can be read without waiting; one that is missing passes. Only Linux is asked.</summary>
    /// <exception cref="InvalidModelException">It is a pipe, a socket or a device.</exception>
    public static unsafe void Ensure(string path)
    {
        if (!OperatingSystem.IsLinux()) return;
        var structure = stackalloc byte[StructureBytes];
        try
        {
            if (Describe(CurrentFolder, path, 0, TypeMask, structure) != 0) return;
        }
        catch (EntryPointNotFoundException)
        {
            // An older system library; its pipes are not noticed.
            return;
        }

        if ((*(ushort*)(structure + ModeOffset) & FileType) is not (Regular or Folder))
            throw new InvalidModelException(path, null, "this is a pipe, a socket or a device; copy its content into a file");
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Describe(int folder, string path, int flags, uint mask, byte* structure);
}
