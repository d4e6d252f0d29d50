// Semantic Kernel over a local Gemma: a prompt function, a streamed chat with history, and a function that the model calls.
//   dotnet run --project samples/Agent [-- MODEL]
using System.ComponentModel;
using Gemma.Runtime.Models;
using Gemma.SemanticKernel;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

var builder = Kernel.CreateBuilder();
builder.AddGemma(options =>
{
    options.ModelPath = args.Length > 0 ? args[0] : Path.Combine(AppContext.BaseDirectory, "models", "tiny-gemma-it");
    if (args.Length == 0) options.Conversion.Precision = ModelPrecision.Fp32;
});
builder.Plugins.AddFromType<Weather>();
var kernel = builder.Build();

Console.WriteLine("-- a prompt function");
Console.WriteLine(await kernel.InvokePromptAsync("What is the capital of {{$country}}?", new KernelArguments { ["country"] = "France" }));

Console.WriteLine("-- a chat with history, streamed");
var chat = kernel.GetRequiredService<IChatCompletionService>();
var history = new ChatHistory();
foreach (var question in (string[])["My name is Anna.", "What is my name?"])
{
    Console.WriteLine($"> {question}");
    history.AddUserMessage(question);
    var answer = string.Empty;
    await foreach (var piece in chat.GetStreamingChatMessageContentsAsync(history, kernel: kernel))
    {
        Console.Write(piece.Content);
        answer += piece.Content;
    }

    Console.WriteLine();
    history.AddAssistantMessage(answer);
}

Console.WriteLine("-- a function that the model calls");
var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
Console.WriteLine(await kernel.InvokePromptAsync("What is the weather in Paris?", new KernelArguments(settings)));

/// <summary>What the agent can do.</summary>
internal sealed class Weather
{
    [KernelFunction("get_weather")]
    [Description("Gets the weather in a city")]
    public static string GetWeather([Description("The city")] string city)
    {
        Console.WriteLine($"   (get_weather called with {city})");
        return "sunny, 18 degrees";
    }
}
