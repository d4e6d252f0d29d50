using System.Text.Json;
using Gemma.Conversion.Checkpoints.Gguf;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>Every tensor type gives the bits of ggml's <c>to_float</c>.</summary>
public sealed class BlockTypeTests
{
    private const string CodeBooks = "code books";

    [Fact]
    public void Read_RandomBlocksOfEveryType_EqualsReference()
    {
        using var file = GgufFile.Open(Path.Combine(GgufGoldens.Root, "types", "blocks.gguf"));
        List<string> wrong = [];
        var compared = 0;
        foreach (var expected in GgufGoldens.Read("types", "blocks.json").GetProperty("tensors").EnumerateArray())
        {
            var tensor = file.Tensors[expected.GetProperty("name").GetString()!];
            Assert.Equal(expected.GetProperty("type").GetString(), tensor.Type.Name);
            if (tensor.Type.Problem is not null)
            {
                Assert.Contains(CodeBooks, Assert.Throws<InvalidModelException>(() => file.OpenTensor(tensor)).Message, StringComparison.Ordinal);
                continue;
            }

            if (!expected.TryGetProperty("sha256_f32", out var hash)) continue;
            compared++;
            if (GgufGoldens.Hash(file.OpenTensor(tensor)) != hash.GetString()) wrong.Add($"{tensor.Type.Name} ({FirstDifference(file, tensor, expected)})");
        }

        Assert.True(wrong.Count == 0, string.Join(", ", wrong));
        Assert.True(compared >= 17, $"only {compared} types were compared");
    }

    [Fact]
    public void Read_PartsOfBlocks_EqualTheWhole()
    {
        using var file = GgufFile.Open(Path.Combine(GgufGoldens.Root, "types", "blocks.gguf"));
        foreach (var info in file.Tensors.Values.Where(tensor => tensor.Type.Blocks is not null))
        {
            var tensor = file.OpenTensor(info);
            var whole = new float[info.Shape[0] * info.Shape[1]];
            tensor.Read(0, whole);
            foreach (var (start, length) in ((int, int)[])[(0, 1), (5, 300), (255, 2), (256, 256), (whole.Length - 7, 7), (1000, 5000)])
            {
                var part = new float[length];
                tensor.Read(start, part);
                Assert.True(part.AsSpan().SequenceEqual(whole.AsSpan(start, length)), $"{info.Type.Name}: {length} elements from {start}");
            }
        }
    }

    [Fact]
    public void Read_QuantisedModels_EqualsReference()
    {
        var folder = Gemma.Tests.SharedData.Require("goldens-gguf", "types");
        List<string> wrong = [];
        var compared = 0;
        foreach (var expected in GgufGoldens.Read("types", "expected.json").GetProperty("files").EnumerateObject())
        {
            using var file = GgufFile.Open(Path.Combine(folder, expected.Name));
            foreach (var tensor in expected.Value.GetProperty("tensors").EnumerateArray())
            {
                var info = file.Tensors[tensor.GetProperty("name").GetString()!];
                if (info.Type.Problem is not null) continue;
                compared++;
                if (GgufGoldens.Hash(file.OpenTensor(info)) != tensor.GetProperty("sha256_f32").GetString()) wrong.Add($"{expected.Name} {info.Name}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join(", ", wrong));
        Assert.True(compared > 200, $"only {compared} tensors were compared");
    }

    private static string FirstDifference(GgufFile file, GgufTensorInfo tensor, JsonElement expected)
    {
        var path = Path.Combine(GgufGoldens.Root, "types", expected.GetProperty("values").GetString()!);
        if (!File.Exists(path)) return "bits differ";
        var right = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
        var actual = new float[right.Length];
        file.OpenTensor(tensor).Read(0, actual);
        var i = Enumerable.Range(0, right.Length).First(i => BitConverter.SingleToInt32Bits(right[i]) != BitConverter.SingleToInt32Bits(actual[i]));
        return $"element {i}: {actual[i]:R} instead of {right[i]:R}";
    }
}
