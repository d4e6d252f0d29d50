using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel.Tests.Tools;

/// <summary>A vocabulary with Gemma 4's control tokens: they show calls and thoughts, their letters do not.</summary>
public sealed class ControlTokenCallTests
{
    private static readonly string[] ControlTokens = ["<|tool_call>", "<tool_call|>", "<|\"|>", "<|channel>", "<channel|>"];
    private static readonly AITool Weather = AIFunctionFactory.CreateDeclaration(
        "get_weather", "Gets the weather in a city", AIFunctionFactory.Create((string city) => city).JsonSchema);

    [Fact]
    public async Task GetResponseAsync_ControlTokens_AreThoughtAndCall()
    {
        var response = await AskAsync(
        [
            "<|channel>", "thought\nNeed it.\n", "<channel|>", "I look.", "<|tool_call>", "call:get_weather{city:Paris}", "<tool_call|>",
        ]);
        Assert.Equal("I look.", response.Text);
        Assert.Equal("Need it.", Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>()).Text);
        var call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal(("get_weather", "Paris"), (call.Name, call.Arguments!["city"]?.ToString()));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Fact]
    public async Task GetResponseAsync_LettersOfControlTokens_AreText()
    {
        var response = await AskAsync(["Write <|tool", "_call>call:get_weather{}<tool_call|> like <|chan", "nel>thought"]);
        Assert.Equal("Write <|tool_call>call:get_weather{}<tool_call|> like <|channel>thought", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task GetResponseAsync_LimitInACallOrBehindIt_FinishesByLength(int maxTokens)
    {
        var response = await AskAsync(["<|tool_call>", "call:get_weather{city:Paris}", "<tool_call|>", "More."], maxTokens);
        Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    private static async Task<ChatResponse> AskAsync(string[] pieces, int maxTokens = 40)
    {
        var folder = Directory.CreateTempSubdirectory("gemma-marks-").FullName;
        try
        {
            var checkpoint = Directory.CreateDirectory(Path.Combine(folder, "checkpoint")).FullName;
            ScriptedGemma.Write(checkpoint, pieces, ControlTokens);
            var package = Path.Combine(folder, "package");
            var conversion = new ConversionOptions { Precision = ModelPrecision.Fp32 };
            await new CheckpointConverter().ConvertAsync(checkpoint, package, conversion, cancellationToken: TestContext.Current.CancellationToken);
            await using var provider = new ServiceCollection().AddGemma(package).Services.BuildServiceProvider();
            var options = new ChatOptions { Tools = [Weather], MaxOutputTokens = maxTokens };
            return await provider.GetRequiredService<IChatClient>()
                .GetResponseAsync("What is the weather in Paris?", options, TestContext.Current.CancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
