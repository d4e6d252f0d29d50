namespace Gemma.Fuzz;

/// <summary>A folder for the inputs of a run, in memory where the system has such a place.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const string Memory = "/dev/shm";

    public WorkFolder() =>
        Path = Directory.Exists(Memory)
            ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"gemma-fuzz-{Guid.NewGuid():N}")).FullName
            : Directory.CreateTempSubdirectory("gemma-fuzz-").FullName;

    public string Path { get; }

    /// <summary>The repository's root folder.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Copies a folder of the repository into this one.</summary>
    public string Copy(string name, string source) => CopyFolder(System.IO.Path.Combine(Repository, source), System.IO.Path.Combine(Path, name));

    /// <summary>Makes a folder with one file.</summary>
    public string Write(string name, string file, string content)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;
        File.WriteAllText(System.IO.Path.Combine(folder, file), content);
        return folder;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string CopyFolder(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = System.IO.Path.Combine(target, System.IO.Path.GetRelativePath(source, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Gemma.SemanticKernel.sln"))) return folder.FullName;
        throw new InvalidOperationException("Gemma.SemanticKernel.sln was not found above the program.");
    }
}
