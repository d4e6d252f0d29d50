using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tests;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Gemma.SemanticKernel.Tests.Tools;

/// <summary>The goldens' tool conversations through Semantic Kernel with real kernel functions, streaming and not.</summary>
public sealed class KernelFunctionTests(TinyGemma tiny)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Auto_GoldenDialogue_CallsAndAnswersAsTheGolden(bool streaming)
    {
        List<string> calls = [];
        var functions = KernelPluginFactory.CreateFromObject(new ShopPlugin(calls), "Shop");
        var kernel = await KernelAsync(functions);
        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        var history = new ChatHistory();
        foreach (var exchange in new GoldenDialogue("demo-tools/7").Exchanges)
        {
            history.AddUserMessage(exchange.Question);
            history.AddAssistantMessage(await AskAsync(kernel, history, settings, streaming));
            Assert.Equal(exchange.Answer, history[^1].Content);
        }

        Assert.Equal(["get_weather Paris", "get_weather Rome", "get_order_status A1234"], calls);
        Assert.Equal(3, history.Count(message => message.Role == AuthorRole.Tool));
    }

    [Fact]
    public async Task Auto_Filter_SeesTheInvocation()
    {
        List<string> calls = [];
        var kernel = await KernelAsync(KernelPluginFactory.CreateFromObject(new ShopPlugin(calls), "Shop"));
        var filter = new Filter();
        kernel.AutoFunctionInvocationFilters.Add(filter);
        var result = await kernel.InvokePromptAsync("What is the weather in Paris?",
            new KernelArguments(new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }),
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("The weather in Paris is sunny, 18 degrees.", result.ToString());
        Assert.Equal(["get_weather"], filter.Seen);
    }

    [Fact]
    public async Task Required_OneFunction_IsCalledThoughTheModelWouldTalk()
    {
        List<string> calls = [];
        var functions = KernelPluginFactory.CreateFromObject(new ShopPlugin(calls), "Shop");
        var kernel = await KernelAsync(functions);
        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Required([functions["get_order_status"]]) };
        await AskAsync(kernel, new ChatHistory("Be brief.") { new(AuthorRole.User, "Hello!") }, settings, streaming: false);
        Assert.StartsWith("get_order_status", Assert.Single(calls), StringComparison.Ordinal);
    }

    [Fact]
    public async Task None_Functions_AreNotCalled()
    {
        List<string> calls = [];
        var kernel = await KernelAsync(KernelPluginFactory.CreateFromObject(new ShopPlugin(calls), "Shop"));
        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.None() };
        var answer = await AskAsync(kernel, new ChatHistory { new(AuthorRole.User, "What is the weather in Paris?") }, settings, streaming: false);
        Assert.NotEmpty(answer);
        Assert.Empty(calls);
    }

    [Fact]
    public async Task Manual_Call_IsReturnedAndCanBeInvoked()
    {
        List<string> calls = [];
        var kernel = await KernelAsync(KernelPluginFactory.CreateFromObject(new ShopPlugin(calls), "Shop"));
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) };
        var history = new ChatHistory { new(AuthorRole.User, "What is the weather in Paris?") };
        var message = await chat.GetChatMessageContentAsync(history, settings, kernel, TestContext.Current.CancellationToken);
        var call = Assert.Single(FunctionCallContent.GetFunctionCalls(message));
        Assert.Empty(calls);
        history.Add(message);
        history.Add((await call.InvokeAsync(kernel, TestContext.Current.CancellationToken)).ToChatMessage());
        Assert.Equal("The weather in Paris is sunny, 18 degrees.",
            (await chat.GetChatMessageContentAsync(history, settings, kernel, TestContext.Current.CancellationToken)).Content);
    }

    [Theory]
    [InlineData("nan", false)]
    [InlineData("stream", true)]
    [InlineData("own", false)]
    [InlineData("type", true)]
    [InlineData("async", false)]
    public async Task Auto_ResultThatJsonCannotHold_IsToldToTheModel(string kind, bool streaming)
    {
        List<object> own = [];
        own.Add(own);
        object value = kind switch
        {
            "nan" => double.NaN,
            "stream" => new MemoryStream(),
            "own" => own,
            "type" => typeof(string),
            _ =>
            AsyncEnumerable.Range(0, 2)
        };
        var function = KernelFunctionFactory.CreateFromMethod((string city) => value, "get_weather", "Gets the weather in a city");
        var kernel = await KernelAsync(KernelPluginFactory.CreateFromFunctions("Shop", [function]));
        var history = new ChatHistory { new(AuthorRole.User, "What is the weather in Paris?") };
        var answer = await AskAsync(kernel, history, new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }, streaming);
        Assert.StartsWith("Sorry, the function reported an error", answer, StringComparison.Ordinal);
        var told = Assert.Single(history, message => message.Role == AuthorRole.Tool);
        Assert.Equal(ToolValue.Unwritable, Assert.Single(told.Items.OfType<FunctionResultContent>()).Result);
    }

    private static async Task<string> AskAsync(Kernel kernel, ChatHistory history, PromptExecutionSettings settings, bool streaming)
    {
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        if (!streaming)
            return (await chat.GetChatMessageContentAsync(history, settings, kernel, TestContext.Current.CancellationToken)).Content ?? string.Empty;
        var text = string.Empty;
        await foreach (var piece in chat.GetStreamingChatMessageContentsAsync(history, settings, kernel, TestContext.Current.CancellationToken))
            text += piece.Content;
        return text;
    }

    private async Task<Kernel> KernelAsync(KernelPlugin plugin)
    {
        var builder = Kernel.CreateBuilder();
        var package = await tiny.PackageAsync(ModelPrecision.Fp32);
        builder.AddGemma(options =>
        {
            options.ModelPath = package;
            options.ModelId = "tiny-gemma-it";
        });
        builder.Plugins.Add(plugin);
        return builder.Build();
    }

    private sealed class Filter : IAutoFunctionInvocationFilter
    {
        public List<string> Seen { get; } = [];

        public Task OnAutoFunctionInvocationAsync(AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
        {
            Seen.Add(context.Function.Name);
            return next(context);
        }
    }
}
