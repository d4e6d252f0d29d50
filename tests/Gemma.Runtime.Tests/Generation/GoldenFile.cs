using System.Text.Json;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Generation;

/// <summary>Reads goldens: numbers that are not finite are strings.</summary>
internal static class GoldenFile
{
    public static JsonElement Load(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedData.RepositoryRoot, "tests", "Gemma.Runtime.Tests", "Goldens", name)));
        return document.RootElement.Clone();
    }

    public static float[] Numbers(JsonElement array) => [.. array.GetProperty("data").EnumerateArray().Select(Number)];

    public static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static float Number(JsonElement element) => element.ValueKind == JsonValueKind.String
        ? element.GetString() switch
        {
            "NaN" => float.NaN,
            "Infinity" => float.PositiveInfinity,
            "-Infinity" => float.NegativeInfinity,
            var other => throw new InvalidDataException(other),
        }
        : element.GetSingle();
}
