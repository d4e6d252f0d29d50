using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Gemma.SemanticKernel.Tests.Docs;

/// <summary>The blocks of README and docs about Semantic Kernel; compiled, not run.</summary>
internal static class SemanticKernelSnippets
{
    public static async Task ReadmeAsync()
    {
        var builder = Kernel.CreateBuilder();
        builder.AddGemma("models/gemma-2b-it");
        builder.Plugins.AddFromType<Weather>();
        var kernel = builder.Build();

        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        var answer = await kernel.InvokePromptAsync("What is the weather in {{$city}}?", new KernelArguments(settings) { ["city"] = "Paris" });
        Console.WriteLine(answer);
    }

    public static async Task ChatAsync(Kernel kernel)
    {
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        var history = new ChatHistory("Answer in one sentence.");
        history.AddUserMessage("Why is the sky blue?");
        await foreach (var piece in chat.GetStreamingChatMessageContentsAsync(history, kernel: kernel))
        {
            Console.Write(piece.Content);
        }
    }

    public static GemmaPromptExecutionSettings SeveralModels(IKernelBuilder builder)
    {
        builder.AddGemma("small", options => options.ModelPath = "models/gemma-2b-it");
        builder.AddGemma("large", options => options.ModelPath = "models/gemma-1.1-7b-it");
        var large = new GemmaPromptExecutionSettings { ServiceId = "large" };
        return large;
    }

    public static async Task<FunctionResult> ToolsAsync(Kernel kernel)
    {
        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        var answer = await kernel.InvokePromptAsync("What is the weather in Paris?", new KernelArguments(settings));
        return answer;
    }

    private sealed class Weather;
}
