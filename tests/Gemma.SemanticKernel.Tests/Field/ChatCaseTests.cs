using System.Text.Json;
using Gemma.Conversion.Packaging;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>Every case holds through the public API.</summary>
public sealed class ChatCaseTests(TinyGemma tiny)
{
    [Theory]
    [MemberData(nameof(ChatCases.All), MemberType = typeof(ChatCases))]
    public async Task GetResponseAsync_Case_GivesTheRightResult(string file, string name)
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
                await new CheckpointConverter().ConvertAsync(checkpoint, path, new ConversionOptions { Precision = ModelPrecision.Fp32 }, cancellationToken: TestContext.Current.CancellationToken);
            }

            await using var provider = new ServiceCollection().AddGemma(path).Services.BuildServiceProvider();
            foreach (var seed in ChatCaseRequest.Seeds(item)) await CheckAsync(provider.GetRequiredService<IChatClient>(), item, ChatCaseRequest.Options(item, seed));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task CheckAsync(IChatClient client, JsonElement item, ChatOptions options)
    {
        var expected = item.GetProperty("expect");
        if (expected.TryGetProperty("refused", out var words))
        {
            ChatCaseExpectation.Refused(await Record.ExceptionAsync(() => AskAsync(client, item, options)), words);
            return;
        }

        var response = await AskAsync(client, item, options);
        foreach (var expectation in expected.EnumerateObject()) ChatCaseExpectation.Check(expectation, response, options);
    }

    private static async Task<ChatResponse> AskAsync(IChatClient client, JsonElement item, ChatOptions options)
    {
        var messages = ChatCaseRequest.Messages(item.GetProperty("messages"));
        return item.TryGetProperty("stream", out var stream) && stream.GetBoolean()
            ? await client.GetStreamingResponseAsync(messages, options, TestContext.Current.CancellationToken).ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await client.GetResponseAsync(messages, options, TestContext.Current.CancellationToken);
    }
}
