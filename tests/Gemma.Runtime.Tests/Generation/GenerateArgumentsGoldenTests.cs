using System.Text.Json;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Stopping;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Tests.Generation;

/// <summary>What transformers' generate() refuses is refused with the option's name, what it accepts is accepted.</summary>
public sealed class GenerateArgumentsGoldenTests
{
    private const int VocabularySize = 168;
    private static readonly JsonElement Recorded = GoldenFile.Load("generate-arguments.json").GetProperty("cases");

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Recorded.GetArrayLength())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Create_ArgumentsOfGenerate_AcceptsWhatTransformersAccepts(int index)
    {
        var golden = Recorded[index];
        var error = Record.Exception(() => Build(golden));
        if (golden.GetProperty("error").ValueKind == JsonValueKind.Null)
        {
            Assert.Null(error);
            return;
        }

        var typed = Assert.IsType<InvalidGenerationConfigException>(error);
        Assert.True(golden.GetProperty("kwargs").TryGetProperty(typed.Option!, out _), $"{golden.GetProperty("kwargs")}: {typed.Message}");
    }

    private static void Build(JsonElement golden)
    {
        var config = GenerationConfig.Parse(golden.GetProperty("kwargs"));
        if (config.MaxLength is null) config = new GenerationConfig { MaxNewTokens = 4 }.Merge(config);
        var prompt = golden.GetProperty("input_ids")[0].GetArrayLength();
        var maxLength = new GenerationLimits(4096, 64).MaxLength(new GenerationConfig(), config, prompt, 0, fillsContext: false);
        _ = ProcessorPipeline.Create(config, new SelectionContext(VocabularySize, prompt, config.EosTokenId ?? [1], maxLength));
    }
}
