using System.Globalization;
using System.Text.Json;
using Gemma.Conversion.Tests.Heads;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Conversion.Tests.Embeddings;

/// <summary>Embedding models that transformers and sentence-transformers computed vectors from.</summary>
public sealed class EmbeddingGoldenTests
{
    private const float VectorTolerance = 1e-5f;

    public static TheoryData<string> Names =>
        [.. Directory.GetDirectories(SharedData.Goldens, "embedding-*").Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ReadAsync_EmbeddingModelInFp32_GivesTransformersVectorsAtEveryWidth(string name)
    {
        var folder = Path.Combine(SharedData.Goldens, name);
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "goldens.json"), TestContext.Current.CancellationToken));
        await using var package = await ConvertedPackage.CreateAsync(folder, new ConversionOptions { Precision = ModelPrecision.Fp32 });
        await using var model = await GemmaModel.LoadAsync(Path.Combine(package.Folder, "package"), new GemmaModelOptions
        {
            Engine = new() { Threads = 1 },
        }, cancellationToken: TestContext.Current.CancellationToken);
        using var generator = new GemmaEmbeddingGenerator(model);
        foreach (var golden in goldens.RootElement.GetProperty("embedding").EnumerateArray())
        {
            var what = $"{name}: {golden.GetProperty("id").GetString()}";
            var inputs = Rows(golden, "input_ids").Zip(Rows(golden, "attention_mask"), (ids, mask) => ClassificationInput.FromTokens(ids, mask)).ToArray();
            await CheckAsync(generator, inputs, null, golden.GetProperty("embedding"), what);
            foreach (var width in golden.GetProperty("truncated_and_renormalised").EnumerateObject())
                await CheckAsync(generator, inputs, int.Parse(width.Name, CultureInfo.InvariantCulture), width.Value, $"{what}, {width.Name} dimensions");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ReadAsync_PromptOfAnotherName_IsRefusedWithTheNamesThereAre(string name)
    {
        await using var package = await ConvertedPackage.CreateAsync(Path.Combine(SharedData.Goldens, name), new ConversionOptions
        {
            Precision = ModelPrecision.Int8,
        });
        await using var model = await GemmaModel.LoadAsync(Path.Combine(package.Folder, "package"), new GemmaModelOptions
        {
            Engine = new() { Threads = 1 },
        }, cancellationToken: TestContext.Current.CancellationToken);
        using var generator = new GemmaEmbeddingGenerator(model, new GemmaEmbeddingOptions { PromptName = "queries" });
        var error = await Assert.ThrowsAsync<ArgumentException>(() =>
            generator.GenerateAsync(["text"], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("query, document", error.Message, StringComparison.Ordinal);
    }

    private static async Task CheckAsync(GemmaEmbeddingGenerator generator, ClassificationInput[] inputs, int? dimensions, JsonElement expected, string what)
    {
        List<float> actual = [];
        await foreach (var (vector, _) in generator.ReadAsync(inputs.ToAsyncEnumerable(), new EmbeddingGenerationOptions
        {
            Dimensions = dimensions,
        }, TestContext.Current.CancellationToken)) actual.AddRange(vector);
        HeadFixture.AssertClose(HeadFixture.Numbers(expected), [.. actual], VectorTolerance, what);
    }

    private static int[][] Rows(JsonElement golden, string name) =>
        [.. golden.GetProperty(name).EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
}
