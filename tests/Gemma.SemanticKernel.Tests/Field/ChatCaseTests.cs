using System.Text.Json;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>Every case holds through the public API.</summary>
public sealed class ChatCaseTests(TinyGemma tiny)
{
    [Theory]
    [MemberData(nameof(ChatCases.All), MemberType = typeof(ChatCases))]
    public async Task Request_Case_GivesTheRightResult(string file, string name)
    {
        var item = ChatCases.Find(file, name);
        var folder = Directory.CreateTempSubdirectory("gemma-case-").FullName;
        try
        {
            var path = await tiny.PackageAsync(ModelPrecision.Fp32);
            if (item.TryGetProperty("script", out var script))
            {
                var checkpoint = Directory.CreateDirectory(Path.Combine(folder, "checkpoint")).FullName;
                ScriptedGemma.Write(checkpoint, [.. script.EnumerateArray().Select(piece => piece.GetString()!)]);
                path = Path.Combine(folder, "package");
                await new CheckpointConverter()
                    .ConvertAsync(checkpoint, path, new ConversionOptions
                    {
                        Precision = ModelPrecision.Fp32,
                    }, cancellationToken: TestContext.Current.CancellationToken);
            }

            await using var provider = new ServiceCollection().AddGemma(path).Services.BuildServiceProvider();
            List<JsonElement> expected = item.TryGetProperty("expect", out var one) ? [one] : [.. item.GetProperty("expect_any").EnumerateArray()];
            foreach (var seed in ChatCaseRequest.Seeds(item))
            {
                List<string> faults = [];
                foreach (var expect in expected)
                {
                    if (await Record.ExceptionAsync(() =>
                        new ChatCaseExpectation(new ChatCaseSender(provider), item, seed).CheckAsync(expect)) is not { } fault) break;
                    faults.Add(fault.Message);
                }

                Assert.True(faults.Count < expected.Count, $"seed {seed}: {string.Join("; or: ", faults)}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
