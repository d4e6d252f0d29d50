using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Checkpoints in every container: all of the reference data, or the few that are in the repository.</summary>
internal static class FormatGoldens
{
    public static string Root { get; } = SharedData.Root is { } shared
        ? Path.Combine(shared, "goldens-formats")
        : Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "formats");

    /// <summary>The model folders, relative to the root.</summary>
    public static IEnumerable<string> Models => new[] { "gckpt", "flax", "pickle", "orbax" }
        .Select(group => Path.Combine(Root, group))
        .Where(Directory.Exists)
        .SelectMany(Directory.GetDirectories)
        .Where(folder => File.Exists(Path.Combine(folder, "goldens.json")) || File.Exists(Path.Combine(folder, "same-as.json")))
        .Select(folder => Path.GetRelativePath(Root, folder))
        .Order(StringComparer.Ordinal);

    /// <summary>The folder with a model's results.</summary>
    public static string ResultsOf(string folder)
    {
        var sameAs = Path.Combine(folder, "same-as.json");
        if (!File.Exists(sameAs)) return folder;
        using var document = JsonDocument.Parse(File.ReadAllBytes(sameAs));
        return Path.GetFullPath(Path.Combine(folder,
            document.RootElement.GetProperty(document.RootElement.TryGetProperty("goldens", out _) ? "goldens" : "expected").GetString()!));
    }

    /// <summary>The hostile cases of a container with the reason; a trailing slash means a folder.</summary>
    public static IEnumerable<(string Path, string Because)> Hostile(string container)
    {
        var folder = Path.Combine(Root, container, "hostile");
        if (!Directory.Exists(folder)) yield break;
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        foreach (var entry in expected.RootElement.EnumerateObject())
        {
            var path = Path.Combine(folder, entry.Name);
            if (File.Exists(path) || Directory.Exists(path)) yield return (path, entry.Value.GetProperty("because").GetString()!);
        }
    }
}
