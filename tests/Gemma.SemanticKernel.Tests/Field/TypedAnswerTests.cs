using System.ComponentModel.DataAnnotations;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>Answers become the types that applications ask for, whatever the model would rather say.</summary>
public sealed class TypedAnswerTests(TinyGemma tiny)
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task GetResponseAsync_Type_GivesAResult(float temperature)
    {
        await using var provider = new ServiceCollection().AddGemma(await tiny.PackageAsync(ModelPrecision.Fp32)).Services.BuildServiceProvider();
        var client = provider.GetRequiredService<IChatClient>();
        foreach (var seed in temperature == 0 ? [0] : Enumerable.Range(0, 5))
        {
            var options = new ChatOptions { Temperature = temperature, Seed = seed, MaxOutputTokens = 200 };
            await CheckAsync<Times>(client, options);
            await CheckAsync<Release>(client, options);
            var annotated = await CheckAsync<Annotated>(client, options);
            Assert.True(Validator.TryValidateObject(annotated, new ValidationContext(annotated), null, validateAllProperties: true),
                $"{annotated.Code} {annotated.Count} {annotated.Share} {annotated.Data}");
            await CheckAsync<Numbers>(client, options);
            await CheckAsync<List<Branches>>(client, options);
            await CheckAsync<Node[]>(client, options);
        }
    }

    private static async Task<T> CheckAsync<T>(IChatClient client, ChatOptions options)
    {
        var response = await client.GetResponseAsync<T>("Hello!", options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(response.TryGetResult(out var result), $"{typeof(T)} {options.Temperature} {options.Seed}: {response.Text}");
        return result;
    }

    internal sealed record Times(TimeSpan Duration, TimeOnly Start);

    internal sealed record Release(Version Version);

    internal sealed record Numbers(int A, uint B, decimal C);

    internal sealed record Leaf(string Text);

    internal sealed record Branches(List<Leaf> Left, List<Leaf> Right, Leaf? Top);

    internal sealed record Node(string Name, Node[] Children);

    internal sealed class Annotated
    {
        [RegularExpression("^[A-Z]{2}-[0-9]{3}$")]
        public required string Code { get; set; }

        [Range(1, 9)]
        public required int Count { get; set; }

        [Range(0.0, 1.0)]
        public required double Share { get; set; }

        [Base64String]
        public required string Data { get; set; }
    }
}
