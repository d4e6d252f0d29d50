using System.Text.Json;
using Gemma.Tests;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>What people do with such software, as data: conversations with options, and what must come of them. The keys are those of the files.</summary>
internal static class ChatCases
{
    private static readonly string Folder = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.SemanticKernel.Tests", "Field", "Cases");

    /// <summary>The file and name of every case.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal))
                foreach (var item in Read(file)) data.Add(Path.GetFileNameWithoutExtension(file), item.GetProperty("name").GetString()!);
            return data;
        }
    }

    /// <summary>A case.</summary>
    public static JsonElement Find(string file, string name) =>
        Read(Path.Combine(Folder, file + ".json")).First(item => item.GetProperty("name").ValueEquals(name));

    private static IEnumerable<JsonElement> Read(string file) => JsonElement.Parse(File.ReadAllBytes(file)).GetProperty("cases").EnumerateArray();
}
