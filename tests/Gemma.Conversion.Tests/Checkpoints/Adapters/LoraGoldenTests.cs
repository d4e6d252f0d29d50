using System.Numerics.Tensors;
using System.Text.Json;
using Gemma.Conversion.Tests.Packaging;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Models;
using Gemma.Tests;

namespace Gemma.Conversion.Tests.Checkpoints.Adapters;

/// <summary>A model with a merged adapter answers as PEFT's does.</summary>
public sealed class LoraGoldenTests
{
    [Theory]
    [InlineData(ModelPrecision.Fp32)]
    [InlineData(ModelPrecision.Int8)]
    public async Task ConvertAsync_WithAdapter_AnswersAsTheAdaptedModel(ModelPrecision precision)
    {
        var folder = SharedData.Require("tiny-gemma");
        using var goldens = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "goldens.json"), TestContext.Current.CancellationToken));
        await using var package = await ConvertedPackage.CreateAsync(Path.Combine(folder, "tiny-gemma-it"), new ConversionOptions
        {
            Precision = precision,
            LoraPath = Path.Combine(folder, "lora-pirate"),
        });
        using var engine = await package.OpenAsync();
        foreach (var golden in goldens.RootElement.GetProperty("adapters").GetProperty("lora-pirate").EnumerateArray())
        {
            var expected = Ids(golden.GetProperty("expected_ids"));
            using var sequence = engine.CreateSequence();
            List<int> actual = [];
            for (var next = Ids(golden.GetProperty("prompt_ids")); actual.Count < expected.Length; next = [actual[^1]])
            {
                engine.Run([new EngineInput(sequence, next)], TestContext.Current.CancellationToken);
                actual.Add(TensorPrimitives.IndexOfMax(sequence.Logits));
            }

            Assert.True(actual.SequenceEqual(expected), $"{golden.GetProperty("expected_text").GetString()}: [{string.Join(", ", actual)}]");
        }
    }

    private static int[] Ids(JsonElement array) => [.. array.EnumerateArray().Select(id => id.GetInt32())];
}
