using System.Security.Cryptography;
using System.Text.Json;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>GGUF files with expected values: all of the reference data, or the few that are in the repository.</summary>
internal static class GgufGoldens
{
    public static string Root { get; } = SharedData.Root is { } shared && Directory.Exists(Path.Combine(shared, "goldens-gguf"))
        ? Path.Combine(shared, "goldens-gguf")
        : Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Conversion.Tests", "Goldens", "gguf");

    /// <summary>The cases of a folder: those with an expected.json.</summary>
    public static IEnumerable<string> Cases(string folder) =>
        !Directory.Exists(Path.Combine(Root, folder)) ? [] : Directory.GetDirectories(Path.Combine(Root, folder))
        .Where(path => File.Exists(Path.Combine(path, "expected.json")))
        .Select(path => Path.Combine(folder, Path.GetFileName(path)))
        .Order(StringComparer.Ordinal);

    public static JsonElement Read(params string[] path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine([Root, .. path])));
        return document.RootElement.Clone();
    }

    /// <summary>The file of a case that is to be opened.</summary>
    public static string FileOf(string folder) =>
        Path.Combine(Root, folder, Read(folder, "expected.json").TryGetProperty("file", out var file) ? file.GetString()! : "model.gguf");

    /// <summary>The SHA-256 of a tensor as binary32.</summary>
    public static string Hash(StoredTensor tensor)
    {
        var values = new float[tensor.Shape.Aggregate(1L, (product, size) => product * size)];
        tensor.Read(0, values);
        return Hash(values);
    }

    public static string Hash(ReadOnlySpan<float> values) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values)));
}
