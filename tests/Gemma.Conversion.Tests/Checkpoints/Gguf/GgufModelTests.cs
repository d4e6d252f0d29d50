using System.Text.Json;
using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Tests.Checkpoints.Gguf;

/// <summary>A GGUF file means the same model as the checkpoint that it was made from.</summary>
public sealed class GgufModelTests(ITestOutputHelper output)
{
    public static TheoryData<string> Models => [.. GgufGoldens.Cases("models"), .. GgufGoldens.Cases("format")];

    public static TheoryData<string> Computed =>
        [.. GgufGoldens.Cases("models").Where(folder => Expected(folder).TryGetProperty("logits", out _)), .. GgufGoldens.Cases("format")];

    [Theory]
    [MemberData(nameof(Models))]
    public void Open_Model_HasTheConfigurationAndTensorsOfItsSource(string folder)
    {
        var expected = Expected(folder);
        var model = GgufModel.Open(GgufGoldens.FileOf(folder));
        using var reader = model.Reader;
        using var config = JsonDocument.Parse(model.Files.Config);
        foreach (var key in expected.GetProperty("import").GetProperty("config").EnumerateObject())
        {
            var actual = config.RootElement.TryGetProperty(key.Name, out var value) ? value : default;
            Assert.True(Same(key.Value, actual), $"{folder}: {key.Name} is {actual} instead of {key.Value}");
        }

        foreach (var tensor in expected.GetProperty("tensors").EnumerateArray().Where(tensor => tensor.GetProperty("hf").ValueKind == JsonValueKind.String))
        {
            var name = tensor.GetProperty("hf").GetString()!;
            if (name.Contains("qkv", StringComparison.Ordinal) || name.Contains("Dense", StringComparison.Ordinal)) continue;
            Assert.True(reader.Tensors.TryGetValue(name, out var info), $"{folder}: {name} is missing");
            Assert.Equal(tensor.GetProperty("hf_shape").EnumerateArray().Select(size => size.GetInt64()), info.Shape);
            var values = new float[info.ElementCount];
            reader.Read(name, 0, values);
            var hash = (tensor.TryGetProperty("sha256_hf_f32", out var changed) ? changed : tensor.GetProperty("sha256_gguf_f32")).GetString();
            Assert.True(GgufGoldens.Hash(values) == hash, $"{folder}: {name} differs");
        }
    }

    [Theory]
    [MemberData(nameof(Computed))]
    public async Task ConvertAsync_ModelToFp32_GivesTheReferenceLogits(string folder)
    {
        await using var package = await ConvertedPackage.CreateAsync(GgufGoldens.FileOf(folder), new ConversionOptions { Precision = ModelPrecision.Fp32 });
        using var engine = await package.OpenAsync();
        var largest = 0f;
        foreach (var golden in Expected(folder).GetProperty("logits").EnumerateArray())
        {
            var ids = golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray();
            using var sequence = engine.CreateSequence();
            engine.Run([new EngineInput(sequence, ids, ids.Length)], TestContext.Current.CancellationToken);
            largest = Math.Max(largest,
                LogitsAssert.Close(golden, sequence.Logits, folder, folder.Contains("-layers", StringComparison.Ordinal) ? 2e-3f : 2e-4f));
        }

        output.WriteLine($"{folder,-40} largest difference: {largest:E1}");
    }

    [Fact]
    public async Task ConvertAsync_EmbeddingModel_GivesTheVectorsOfItsModules()
    {
        var file = Path.Combine(Gemma.Tests.SharedData.Require("goldens-gguf", "models", "gemma-embedding"), "model.gguf");
        await using var package = await ConvertedPackage.CreateAsync(file, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        await using var model = await GemmaModel.LoadAsync(Path.Combine(package.Folder, "package"), cancellationToken: TestContext.Current.CancellationToken);
        using var generator = new GemmaEmbeddingGenerator(model);
        foreach (var expected in GgufGoldens.Read("models", "gemma-embedding", "expected.json").GetProperty("embeddings").EnumerateArray())
        {
            int[] ids = [.. expected.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            float[] unit = [.. expected.GetProperty("unit").GetProperty("data").EnumerateArray().Select(number => number.GetSingle())];
            await foreach (var (vector, _) in generator.ReadAsync(new[] { ClassificationInput.FromTokens(ids) }.ToAsyncEnumerable(), null,
                TestContext.Current.CancellationToken))
                GoldenAssert.Close(unit, vector, $"{ids.Length} tokens", 2e-5f);
        }
    }

    [Fact]
    public async Task ConvertAsync_ModelWithTokenizer_WritesAPackageLikeAnyOther()
    {
        var file = Path.Combine(Gemma.Tests.SharedData.Require("goldens-gguf", "models", "tiny-gemma-it-Q4_0"), "model.gguf");
        await using var package = await ConvertedPackage.CreateAsync(file, new ConversionOptions { Precision = ModelPrecision.Int8 });
        var folder = Path.Combine(package.Folder, "package");
        using var generation = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "generation_config.json"),
            TestContext.Current.CancellationToken));
        using var tokenizer = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "tokenizer.json"), TestContext.Current.CancellationToken));
        var endOfTurn = tokenizer.RootElement.GetProperty("model").GetProperty("vocab").GetProperty("<end_of_turn>").GetInt32();
        Assert.Equal([1, endOfTurn], generation.RootElement.GetProperty("eos_token_id").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Contains("raise_exception", await File.ReadAllTextAsync(Path.Combine(folder, "chat_template.jinja"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "config.json")));
        Assert.Equal("gguf", (await ModelPackage.OpenAsync(folder, verify: true, TestContext.Current.CancellationToken)).Manifest!.SourceFormat);
    }

    // The containers all hold one model.
    private static JsonElement Expected(string folder) =>
        GgufGoldens.Read(folder.StartsWith("format", StringComparison.Ordinal) ? Path.Combine("format", "base") : folder, "expected.json");

    private static bool Same(JsonElement expected, JsonElement actual) => expected.ValueKind switch
    {
        JsonValueKind.Null => actual.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null,
        JsonValueKind.Number => actual.ValueKind == JsonValueKind.Number && expected.GetDouble() == actual.GetDouble(),
        JsonValueKind.Array =>
            actual.ValueKind == JsonValueKind.Array
                && expected.GetArrayLength() == actual.GetArrayLength()
                && expected.EnumerateArray().Zip(actual.EnumerateArray()).All(pair => Same(pair.First, pair.Second)),
        JsonValueKind.Object =>
            actual.ValueKind == JsonValueKind.Object
                && expected.EnumerateObject().All(property => Same(property.Value, actual.TryGetProperty(property.Name, out var value) ? value : default)),
        _ => actual.ValueKind == expected.ValueKind && expected.ToString() == actual.ToString(),
    };
}
