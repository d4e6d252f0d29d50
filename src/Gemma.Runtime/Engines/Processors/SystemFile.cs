namespace Gemma.Runtime.Engines.Processors;

/// <summary>Files in which the kernel describes itself: any of them may be missing or closed to this process, which then counts as told nothing.</summary>
internal static class SystemFile
{
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
