using System.Buffers;

namespace Gemma.Conversion.Hub;

/// <summary>Paths that a hub names: relative, with <c>/</c>, and never leading out of their folder on any system.</summary>
internal static class HubPath
{
    private static readonly SearchValues<char> Reserved = SearchValues.Create("\\:<>\"|?*");
    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>Whether a path stays in its folder and names plain files on every system.</summary>
    public static bool IsSafe(string path) => path.Length > 0 && path.Split('/').All(IsSafeName);

    /// <summary>Checks a path that will be written.</summary>
    /// <param name="path">The path.</param>
    /// <param name="source">Who named it.</param>
    /// <exception cref="HubException">It is not safe.</exception>
    public static string Check(string path, string source) => IsSafe(path) ? path : throw Refused(path, source);

    /// <summary>Checks a path of a listing, which may hold files that some systems have no names for, as long as nobody wants them.</summary>
    /// <inheritdoc cref="Check"/>
    public static string CheckListed(string path, string source) =>
        path.Split('/').All(name => name is not ("" or "." or "..")) && path.AsSpan().IndexOfAny('\\', '\0') < 0 && !Path.IsPathRooted(path)
            ? path
            : throw Refused(path, source);

    /// <summary>The path on this system.</summary>
    public static string Combine(string folder, string path) => Path.Combine([folder, .. path.Split('/')]);

    private static HubException Refused(string path, string source) =>
        new(HubError.Protocol,
            $"{source} names the file '{path}', which could lead out of its folder or is no file name on some systems; nothing was written.");

    private static bool IsSafeName(string name)
    {
        if (name.Length is 0 or > 255 || name[^1] is '.' or ' ' || name.AsSpan().ContainsAny(Reserved) || name.Any(char.IsControl)) return false;
        var stem = name.Split('.')[0].TrimEnd().ToUpperInvariant();
        return !Devices.Contains(stem) && !(stem.Length == 4 && stem[..3] is "COM" or "LPT" && "0123456789¹²³".Contains(stem[3], StringComparison.Ordinal));
    }
}
