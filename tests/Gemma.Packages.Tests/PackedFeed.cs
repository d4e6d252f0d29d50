using Gemma.Tests;

[assembly: AssemblyFixture(typeof(Gemma.Packages.Tests.PackedFeed))]

namespace Gemma.Packages.Tests;

/// <summary>All packages of the repository in a folder, of a version that no cache knows.</summary>
public sealed class PackedFeed : IAsyncLifetime
{
    private static readonly string[] Projects = ["Gemma.Tokenization", "Gemma.Runtime", "Gemma.Conversion", "Gemma.SemanticKernel", "Gemma.Server",
        "Gemma.Router", "Gemma.Jobs", "Gemma.Jobs.Cluster", "Gemma.Cli"];

    private readonly TemporaryFolder _folder = new();

    public string Folder => _folder.Path;

    public string Version { get; } = $"0.0.1-test.{Guid.NewGuid():N}";

    public async ValueTask InitializeAsync()
    {
        // What the tests were built from is packed as it is.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)).Parent!.Name;
        foreach (var project in Projects)
            await Dotnet.RunAsync(SharedData.RepositoryRoot,
                ["pack", $"src/{project}", "--no-build", "-c", configuration, "-o", Folder, $"-p:Version={Version}", "-v", "quiet", "-nologo"]);
    }

    public ValueTask DisposeAsync()
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var project in Projects)
        {
            var copy = Path.Combine(cache, project.ToLowerInvariant(), Version);
            if (Directory.Exists(copy)) Directory.Delete(copy, recursive: true);
        }

        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
