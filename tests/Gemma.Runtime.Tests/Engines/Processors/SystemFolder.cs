namespace Gemma.Runtime.Tests.Engines.Processors;

/// <summary>A folder in place of the file system's root.</summary>
internal sealed class SystemFolder : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("gemma-system-");

    public string Root => _root.FullName;

    public void Allow(string processors) => Write("proc/self/status", $"Name:\tdotnet\nCpus_allowed_list:\t{processors}");

    public void Write(string path, string text)
    {
        var file = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text + "\n");
    }

    public void Dispose() => _root.Delete(recursive: true);
}
