using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Cli.Tests.Field;

/// <summary>
/// Checkpoints as people have them, as data: what is changed of a small model, the command lines, and what must come of them. The keys are those of the files.
/// </summary>
internal static class CheckpointCases
{
    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Cli.Tests", "Field", "Cases");

    /// <summary>The names of all cases.</summary>
    public static TheoryData<string> All =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>A case.</summary>
    public static JsonElement Find(string name) => JsonElement.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".json")));
}
