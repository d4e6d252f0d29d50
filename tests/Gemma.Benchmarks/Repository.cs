namespace Gemma.Benchmarks;

/// <summary>Where the repository's models are.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Gemma.SemanticKernel.sln"))) return folder.FullName;
        throw new InvalidOperationException("Gemma.SemanticKernel.sln was not found above the program.");
    }
}
