namespace Gemma.Tests;

/// <summary>
/// Finds reference data: what is small lies in the repository, the rest beside the checkout (<c>../shared</c>), where tests skip with a message if it is
/// missing.
/// </summary>
internal static class SharedData
{
    /// <summary>The repository's root folder, found from the test assembly's location.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The folder with the reference data, or null.</summary>
    public static string? Root { get; } = Environment.GetEnvironmentVariable("GEMMA_SHARED") is { Length: > 0 } configured
        ? configured
        : Directory.Exists(Path.Combine(RepositoryRoot, "..", "shared", "goldens")) ? Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared")) : null;

    /// <summary>
    /// The folder with the checkpoints that transformers computed results from: all of the reference data, or the few that are in the repository.
    /// </summary>
    public static string Goldens => Path.Combine(Root ?? Path.Combine(RepositoryRoot, "tests", "Gemma.Conversion.Tests"), Root is null ? "Goldens" : "goldens");

    // Where the repository has copies of what the reference data calls otherwise.
    private static readonly (string Name, string Copy)[] Copies =
    [
        ("tiny-gemma/goldens.json", "tests/Shared/tiny-gemma-goldens.json"),
        ("tiny-gemma/heldout.txt", "tests/Shared/heldout.txt"),
        ("tiny-gemma/", "samples/models/"),
        ("goldens-gemma4/parse.json", "tests/Gemma.Runtime.Tests/Goldens/gemma4-parse.json"),
        ("goldens-genai/", "tests/Gemma.Runtime.Tests/Engines/Goldens/"),
        ("goldens/", "tests/Gemma.Conversion.Tests/Goldens/"),
    ];

    /// <summary>The path of a file or folder of the reference data; skips the test where it is missing.</summary>
    public static string Require(params string[] parts)
    {
        if (FindCopy(string.Join('/', parts)) is { } copy) return copy;
        Assert.SkipWhen(Root is null, "the reference data (../shared) is not beside this checkout");
        var path = Path.Combine([Root!, .. parts]);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"the reference data has no {Path.Combine(parts)}");
        return path;
    }

    private static string? FindCopy(string name) =>
        Copies.Where(copy => name.StartsWith(copy.Name, StringComparison.Ordinal))
            .Select(copy => Path.Combine(RepositoryRoot, copy.Copy + name[copy.Name.Length..]))
            .FirstOrDefault(path => File.Exists(path) || Directory.Exists(path));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Gemma.SemanticKernel.sln"))) return folder.FullName;
        throw new InvalidOperationException("Gemma.SemanticKernel.sln was not found above the test assembly.");
    }
}
