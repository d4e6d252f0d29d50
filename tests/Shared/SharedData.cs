namespace Gemma.Tests;

/// <summary>Finds the big reference data beside the checkout (<c>../shared</c>); tests skip with a message where it is missing.</summary>
internal static class SharedData
{
    /// <summary>The repository's root folder, found from the test assembly's location.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The folder with the reference data, or null.</summary>
    public static string? Root { get; } = Environment.GetEnvironmentVariable("GEMMA_SHARED") is { Length: > 0 } configured
        ? configured
        : Directory.Exists(Path.Combine(RepositoryRoot, "..", "shared", "goldens")) ? Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared")) : null;

    /// <summary>The path of a file or folder of the reference data; skips the test where it is missing.</summary>
    public static string Require(params string[] parts)
    {
        Assert.SkipWhen(Root is null, "the reference data (../shared) is not beside this checkout");
        var path = Path.Combine([Root!, .. parts]);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"the reference data has no {Path.Combine(parts)}");
        return path;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Gemma.SemanticKernel.sln"))) return folder.FullName;
        throw new InvalidOperationException("Gemma.SemanticKernel.sln was not found above the test assembly.");
    }
}
