using Gemma.Conversion.Tests.Heads;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Embeddings;

/// <summary>Embedders that were trained to leave their prompt out of the mean (<c>include_prompt: false</c>).</summary>
public sealed class PromptPoolingTests
{
    private const string Prompt = "classify: ";
    private const string Text = "The parcel never arrived.";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GenerateAsync_PromptedText_PoolsWhatTheFolderSays(bool includePrompt)
    {
        await using var package = await ConvertedPackage.CreateAsync(Path.Combine(SharedData.RepositoryRoot, "samples", "models", "tiny-gemma-it"),
            new ConversionOptions { Precision = ModelPrecision.Fp32 });
        var folder = Path.Combine(package.Folder, "package");
        await WriteModulesAsync(folder, includePrompt);
        await using var model = await GemmaModel.LoadAsync(folder, new GemmaModelOptions
        {
            Engine = new() { Threads = 1 },
        }, cancellationToken: TestContext.Current.CancellationToken);
        using var generator = new GemmaEmbeddingGenerator(model, new GemmaEmbeddingOptions { PromptName = "task", Normalize = false });
        var vector = (await generator.GenerateAsync([Text], cancellationToken: TestContext.Current.CancellationToken))[0].Vector.ToArray();

        var states = await ReadStatesAsync(model, Prompt + Text);
        var skipped = includePrompt ? 0 : model.Tokenizer!.Encode(Prompt, addSpecialTokens: true, recognizeControlTokens: false).Length;
        Assert.InRange(skipped, includePrompt ? 0 : 2, states.Length - 1);
        float[] expected = [.. Enumerable.Range(0, vector.Length).Select(i => (float)states.Skip(skipped).Average(state => (double)state[i]))];
        HeadFixture.AssertClose(expected, vector, 1e-5f, $"include_prompt {includePrompt}");
    }

    [Theory]
    [InlineData(EmbeddingPooling.Mean, 4)]
    [InlineData(EmbeddingPooling.Max, 5)]
    [InlineData(EmbeddingPooling.WeightedMean, 29f / 7)]
    [InlineData(EmbeddingPooling.MeanSqrtLength, 5.656854f)]
    [InlineData(EmbeddingPooling.FirstToken, 3)]
    [InlineData(EmbeddingPooling.LastToken, 5)]
    public void ToVector_TwoTokensLeftOut_PoolsTheOthers(EmbeddingPooling pooling, float expected)
    {
        var pooled = new PooledStates(1, pooling, skipped: 2);
        pooled.Add(0, [9, 8, 3]);
        pooled.Add(3, [5]);
        Assert.Equal(expected, pooled.ToVector(4)[0], 1e-5f);
    }

    [Fact]
    public void ToVector_TextCutWithinItsPrompt_IsZero()
    {
        var pooled = new PooledStates(1, EmbeddingPooling.Mean, skipped: 2);
        pooled.Add(0, [9]);
        Assert.Equal(0, pooled.ToVector(1)[0]);
    }

    private static async Task WriteModulesAsync(string folder, bool includePrompt)
    {
        var pooling = Directory.CreateDirectory(Path.Combine(folder, "1_Pooling")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "modules.json"),
            """[{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},{"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]""",
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(pooling, "config.json"),
            $$"""{"pooling_mode_mean_tokens":true,"include_prompt":{{(includePrompt ? "true" : "false")}}}""", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "config_sentence_transformers.json"), $$$"""{"prompts":{"task":"{{{Prompt}}}"}}""",
            TestContext.Current.CancellationToken);
    }

    private static async Task<float[][]> ReadStatesAsync(GemmaModel model, string text)
    {
        var encoder = new InputEncoder(model, new InputLimits(null, null, RecognizeControlTokens: false));
        var stream = new TextStream(model, RequestOperation.Embeddings, 0, null);
        var inputs = new[] { ClassificationInput.FromText(text) }.ToAsyncEnumerable();
        await foreach (var states in stream.RunAsync(inputs,
            (input, index, leaving) => new HiddenStatesReading(encoder.Encode(input, index).Ids, model.Engine.HiddenSize, leaving),
            TestContext.Current.CancellationToken)) return states;
        throw new InvalidOperationException("The text has no states.");
    }
}
