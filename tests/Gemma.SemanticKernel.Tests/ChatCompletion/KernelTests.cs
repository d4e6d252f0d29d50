using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Gemma.SemanticKernel.Tests.ChatCompletion;

/// <summary>Gemma in a real kernel.</summary>
public sealed class KernelTests(TinyGemma tiny)
{
    [Fact]
    public async Task InvokePromptAsync_Variables_AnswersThroughTheChatTemplate()
    {
        var kernel = await KernelAsync();
        var result = await kernel.InvokePromptAsync("What is the capital of {{$country}}?", new KernelArguments
        {
            ["country"] = "France",
        }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("Paris", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task InvokePromptAsync_MessageTags_AreTurns()
    {
        var kernel = await KernelAsync();
        const string Prompt =
            """<message role="user">My name is Anna.</message><message role="assistant">Nice to meet you, Anna!</message><message role="user">What is my name?</message>""";
        var result = await kernel.InvokePromptAsync(Prompt, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Contains("Anna", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetStreamingChatMessageContentsAsync_Settings_AreUsed()
    {
        var kernel = await KernelAsync();
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        var text = string.Empty;
        await foreach (var piece in chat.GetStreamingChatMessageContentsAsync(new ChatHistory("Be brief.") { new(AuthorRole.User, "Hello!") },
            new GemmaPromptExecutionSettings { MaxTokens = 3, StopSequences = ["!"] }, kernel, TestContext.Current.CancellationToken)) text += piece.Content;
        Assert.NotEqual(string.Empty, text);
        Assert.DoesNotContain('!', text);
    }

    [Fact]
    public async Task GetTextContentsAsync_RawPrompt_HasNoTemplate()
    {
        var kernel = await KernelAsync();
        var service = kernel.GetRequiredService<Microsoft.SemanticKernel.TextGeneration.ITextGenerationService>();
        Assert.Equal("tiny-gemma-it", service.Attributes["ModelId"]);
        var content = (await service.GetTextContentsAsync("The capital of", new GemmaPromptExecutionSettings
        {
            MaxTokens = 8,
        }, cancellationToken: TestContext.Current.CancellationToken))[0];
        Assert.Equal("tiny-gemma-it", content.ModelId);

        var model = await tiny.ModelAsync();
        int[] prompt = [2, .. model.Tokenizer!.Encode("The capital of", addSpecialTokens: false, recognizeControlTokens: false)];
        var expected = string.Empty;
        await foreach (var update in model.GenerateAsync(prompt, new Gemma.Runtime.Generation.GenerationRequest
        {
            Config = new Gemma.Runtime.Models.GenerationConfig { MaxNewTokens = 8 },
        }, TestContext.Current.CancellationToken)) expected += update.Text;
        Assert.Equal(expected, content.Text);
        Assert.Equal((long)prompt.Length, ((Microsoft.Extensions.AI.UsageDetails)content.Metadata!["Usage"]!).InputTokenCount);
    }

    private async Task<Kernel> KernelAsync()
    {
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        var builder = Kernel.CreateBuilder();
        builder.AddGemma(options =>
        {
            options.ModelPath = package;
            options.ModelId = "tiny-gemma-it";
        });
        return builder.Build();
    }
}
