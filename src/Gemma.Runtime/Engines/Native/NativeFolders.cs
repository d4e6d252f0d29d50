using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.Native;

/// <summary>Where native libraries of NuGet packages lie.</summary>
internal static class NativeFolders
{
    /// <summary>The platform in NuGet's terms, such as linux-x64.</summary>
    public static string Rid { get; } = (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")
        + $"-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>The platform's file name of a library.</summary>
    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>The folders beside the application, nearest first: its own, NuGet's sub-folder, and those that the host resolved.</summary>
    public static IEnumerable<string> OfApplication() =>
    [
        .. InFolder(AppContext.BaseDirectory),
        .. (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
    ];

    /// <summary>A folder and the sub-folders in which packages keep a platform's libraries.</summary>
    public static IEnumerable<string> InFolder(string folder) =>
        [folder, Path.Combine(folder, "runtimes", Rid, "native"), Path.Combine(folder, Rid)];

    /// <summary>The full path of a library in the first folder that has it, or null.</summary>
    public static string? Find(IEnumerable<string> folders, string library)
    {
        var file = FileName(library);
        return folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists) is { } path ? Path.GetFullPath(path) : null;
    }
}
