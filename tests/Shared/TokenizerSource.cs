using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using Gemma.Tokenization;

namespace Gemma.Tests;

/// <summary>The reference vocabularies and goldens: the tiny one lies beside the tests, the published ones beside the checkout.</summary>
internal static class TokenizerSource
{
    private static readonly ConcurrentDictionary<string, Lazy<GemmaTokenizer>> Loaded = new();

    /// <summary>A tokenizer from <c>KIND.tokenizer.json</c> or <c>KIND.tokenizer.model</c>.</summary>
    public static GemmaTokenizer Get(string kind, string format = "json")
    {
        var path = Find($"{kind}.tokenizer.{format}");
        return Loaded.GetOrAdd(path, key => new(() =>
        {
            using var folder = new TemporaryFolder();
            File.WriteAllBytes(folder.File($"tokenizer.{format}"), ReadAllBytes(key));
            return GemmaTokenizer.Load(folder.Path);
        })).Value;
    }

    /// <summary>The bytes of a reference file, decompressed.</summary>
    public static byte[] Read(string name) => ReadAllBytes(Find(name));

    /// <summary>A golden file.</summary>
    public static JsonElement Goldens(string name)
    {
        using var document = JsonDocument.Parse(Read(name));
        return document.RootElement.Clone();
    }

    /// <summary>The cases of a golden file.</summary>
    public static IEnumerable<JsonElement> Cases(string name) => Goldens(name).GetProperty("cases").EnumerateArray();

    /// <summary>Ids of a golden.</summary>
    public static int[] Ids(JsonElement value) => [.. value.EnumerateArray().Select(item => item.GetInt32())];

    /// <summary>Fails with the first few messages.</summary>
    public static void AssertNone(IReadOnlyCollection<string> differences, int cases)
    {
        Assert.True(cases > 0, "there are no cases");
        Assert.True(differences.Count == 0, $"{differences.Count} of {cases} differ:\n{string.Join('\n', differences.Take(8))}");
    }

    private static string Find(string name)
    {
        var local = Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Tokenization.Tests", "Goldens");
        foreach (var path in (string[])[Path.Combine(local, name), Path.Combine(local, name + ".gz")])
        {
            if (File.Exists(path)) return path;
        }

        var folder = SharedData.Require("gemma-tokenizer");
        return File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : SharedData.Require("gemma-tokenizer", name + ".gz");
    }

    private static byte[] ReadAllBytes(string path)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal)) return File.ReadAllBytes(path);
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
