using System.Text.Json;
using Gemma.Conversion.Checkpoints.Gguf;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>Versions, byte orders, alignments, splits and metadata types of the container.</summary>
public sealed class GgufFileTests
{
    public static TheoryData<string> Formats => [.. GgufGoldens.Cases("format")];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Open_AnyContainer_HasTheSameTensors(string folder)
    {
        using var shards = GgufShards.Open(GgufGoldens.FileOf(folder));
        foreach (var expected in GgufGoldens.Read("format", "base", "expected.json").GetProperty("tensors").EnumerateArray())
        {
            var name = expected.GetProperty("gguf").GetString()!;
            var tensor = shards.Find(name);
            Assert.True(tensor is not null, $"{folder}: {name} is missing");
            Assert.Equal(expected.GetProperty("hf_shape").EnumerateArray().Select(size => size.GetInt64()), tensor.Shape);
            Assert.True(GgufGoldens.Hash(shards.Open(tensor)) == expected.GetProperty("sha256_gguf_f32").GetString(), $"{folder}: {name} differs");
        }
    }

    [Fact]
    public void Metadata_EveryType_HasTheValues()
    {
        Gemma.Tests.SharedData.Require("goldens-gguf", "format", "metadata-all-types");
        foreach (var folder in (string[])["metadata-all-types", "metadata-nested-arrays"])
        {
            using var file = GgufFile.Open(Path.Combine(GgufGoldens.Root, "format", folder, "model.gguf"));
            foreach (var expected in GgufGoldens.Read("format", folder, "expected.json").GetProperty("extra_metadata").EnumerateObject())
            {
                var value = file.Metadata.Values[expected.Name];
                if (expected.Value.TryGetProperty("chars", out var characters))
                    Assert.Equal(characters.GetInt32(), Assert.IsType<string>(value).EnumerateRunes().Count());
                else
                {
                    Assert.True(Show(file.Metadata, value) == expected.Value.GetProperty("value").ToString()
                        || Same(file.Metadata, value, expected.Value.GetProperty("value")),
                        $"{expected.Name}: {Show(file.Metadata, value)} instead of {expected.Value.GetProperty("value")}");
                }
            }
        }
    }

    private static string Show(GgufMetadata metadata, object value) =>
        value is GgufArray array
            ? $"[{string.Join(", ", metadata.Read(array, cursor => Show(metadata, cursor.ReadValue(array.ElementType))))}]"
            : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!;

    private static bool Same(GgufMetadata metadata, object value, JsonElement expected) => expected.ValueKind switch
    {
        JsonValueKind.Array =>
            value is GgufArray array
                && array.Count == expected.GetArrayLength()
                && metadata.Read(array, cursor => cursor.ReadValue(array.ElementType)).Zip(expected.EnumerateArray())
                    .All(pair => Same(metadata, pair.First, pair.Second)),
        JsonValueKind.True or JsonValueKind.False => value is bool flag && flag == expected.GetBoolean(),
        JsonValueKind.Number =>
            value is double number
                ? number == expected.GetDouble() || (float)number == (float)expected.GetDouble()
                : Convert.ToDecimal(value, System.Globalization.CultureInfo.InvariantCulture) == expected.GetDecimal(),
        _ => value is double special
            ? special.ToString(System.Globalization.CultureInfo.InvariantCulture) == expected.GetString()
            : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) == expected.GetString(),
    };
}
