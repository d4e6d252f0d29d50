using System.Numerics.Tensors;
using System.Text.Json;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Inputs;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Classification;

/// <summary>Vectors from the last hidden states.</summary>
public sealed class EmbeddingGeneratorTests(TinyGemmaHeads tiny)
{
    [Fact]
    public async Task GenerateAsync_SeveralTexts_AreUnitVectorsInOrder()
    {
        using var generator = new GemmaEmbeddingGenerator(await tiny.ModelAsync());
        string[] texts = ["The capital of France is Paris.", "short", string.Join(' ', Enumerable.Repeat("a longer text", 200))];
        var together = await generator.GenerateAsync(texts, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, together.Count);
        Assert.True(together.Usage!.InputTokenCount > 600);
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.Equal(1, TensorPrimitives.Norm<float>(together[i].Vector.Span), 5);
            Assert.Equal((await generator.GenerateVectorAsync(texts[i], cancellationToken: TestContext.Current.CancellationToken)).ToArray(),
                together[i].Vector.ToArray());
        }
    }

    [Fact]
    public async Task GenerateAsync_Dimensions_CutsAndScalesAgain()
    {
        using var generator = new GemmaEmbeddingGenerator(await tiny.ModelAsync(), new GemmaEmbeddingOptions { Pooling = EmbeddingPooling.LastToken });
        var full = await generator.GenerateVectorAsync("Hello", cancellationToken: TestContext.Current.CancellationToken);
        var half = await generator.GenerateVectorAsync("Hello", new EmbeddingGenerationOptions { Dimensions = 96 }, TestContext.Current.CancellationToken);
        Assert.Equal((192, 96), (full.Length, half.Length));
        Assert.Equal(1, TensorPrimitives.CosineSimilarity(full.Span[..96], half.Span), 5);
        Assert.Equal(1, TensorPrimitives.Norm(half.Span), 5);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() =>
            generator.GenerateVectorAsync("Hello", new EmbeddingGenerationOptions { Dimensions = 193 }, TestContext.Current.CancellationToken));
        Assert.Equal(192, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
    }

    [Fact]
    public async Task GenerateAsync_EmptyTextAmongOthers_IsThatOfBosAlone()
    {
        using var generator = new GemmaEmbeddingGenerator(await tiny.ModelAsync());
        var vectors = await generator.GenerateAsync(["Hello", "", "world"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(vectors, vector => Assert.True(TensorPrimitives.IsFiniteAll<float>(vector.Vector.Span) && vector.Vector.Length == 192));
        var (bos, _) = await generator.ReadAsync(new[] { ClassificationInput.FromTokens((int[])[2]) }.ToAsyncEnumerable(), null,
            TestContext.Current.CancellationToken).FirstAsync(TestContext.Current.CancellationToken);
        Assert.Equal(bos, vectors[1].Vector.ToArray());
    }

    [Fact]
    public async Task GenerateAsync_TooLongText_IsRefusedByTheOptionsNameOrCut()
    {
        var model = await tiny.ModelAsync();
        using var generator = new GemmaEmbeddingGenerator(model);
        var text = string.Join(' ', Enumerable.Repeat("word", model.ContextLength + 1));
        var error = await Assert.ThrowsAsync<GemmaContextLengthException>(() =>
            generator.GenerateVectorAsync(text, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("GemmaEmbeddingOptions.Truncate", error.Message, StringComparison.Ordinal);
        var cut = new EmbeddingGenerationOptions { RawRepresentationFactory = _ => new GemmaEmbeddingOptions { Truncate = true } };
        Assert.Equal(192, (await generator.GenerateVectorAsync(text, cut, TestContext.Current.CancellationToken)).Length);
        foreach (var truncate in (object[])[true, "true", JsonElement.Parse("true")])
            Assert.Equal(192, (await generator.GenerateVectorAsync(text, With("truncate", truncate), TestContext.Current.CancellationToken)).Length);
        await Assert.ThrowsAsync<ArgumentException>(() =>
            generator.GenerateVectorAsync(text, With("truncate", "much"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task GenerateAsync_PropertiesAsJson_AreThoseOfTexts()
    {
        using var generator = new GemmaEmbeddingGenerator(await tiny.ModelAsync());
        var prompted = await generator.GenerateVectorAsync("query: Hello", cancellationToken: TestContext.Current.CancellationToken);
        foreach (var prompt in (object[])["query: ", JsonElement.Parse("\"query: \"")])
            Assert.Equal(prompted.ToArray(),
                (await generator.GenerateVectorAsync("Hello", With("prompt", prompt), TestContext.Current.CancellationToken)).ToArray());
        var error = await Assert.ThrowsAsync<ArgumentException>(() =>
            generator.GenerateVectorAsync("Hello", With("prompt_name", JsonElement.Parse("\"nope\"")), TestContext.Current.CancellationToken));
        Assert.Contains("'nope'", error.Message, StringComparison.Ordinal);
    }

    private static EmbeddingGenerationOptions With(string name, object value) => new() { AdditionalProperties = new() { [name] = value } };
}
