using System.ComponentModel;
using System.Text.Json;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using TextContent = Microsoft.Extensions.AI.TextContent;

namespace Gemma.SemanticKernel.Tests.Tools;

/// <summary>
/// Gemma 4's own template and control tokens, and a model that says given tokens: calls and thoughts go around through streaming, Semantic Kernel's
/// invocation and Microsoft's Agent Framework.
/// </summary>
public sealed class Gemma4RoundTripTests : IAsyncLifetime
{
    // What the template writes in front of a reply, as one token, so that it can be told from the end of an opened thought.
    private const string ReplyStart = "model\n";

    private static readonly string[] ControlTokens =
    [
        ReplyStart, "<|turn>", "<turn|>", "<|think|>", "<|tool>", "<tool|>", "<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>", "<|\"|>",
        "<|channel>", "<channel|>",
    ];

    // A thought is closed in front of the reply where none was asked for. A result is followed by what the model goes on with.
    private static readonly string[][] Calling =
    [
        ["<channel|>", "<|tool_call>", "call:get_weather{place:{code:3000},days:[1,2]}", "<tool_call|>", "<|tool_response>"],
        ["<tool_response|>", "It is sunny.", "<turn|>"],
    ];

    // The same call of a plugin's function.
    private static readonly string[][] CallingKernel =
        [["<channel|>", "<|tool_call>", "call:Weather_get_weather{place:{code:3000},days:[1,2]}", "<tool_call|>", "<|tool_response>"], Calling[1]];

    // Where thoughts are asked for, the template opens one behind a result.
    private static readonly string[][] Thinking =
    [
        [ReplyStart, "<|tool_call>", "call:get_weather{place:{code:3000},days:[1,2]}", "<tool_call|>", "<|tool_response>"],
        ["\n", "Now I know.\n", "<channel|>", "It is sunny.", "<turn|>"],
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-round-trip-").FullName;
    private readonly List<string> _calls = [];
    private ServiceProvider? _provider;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null) await _provider.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UseFunctionInvocation_CallAndResult_ComeBackInTheModelsTurn(bool streaming)
    {
        using var client = (await ClientAsync(Calling)).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(GetWeather, "get_weather")] };
        var response = streaming
            ? await client.GetStreamingResponseAsync("What is the weather?", options, TestContext.Current.CancellationToken)
                .ToChatResponseAsync(TestContext.Current.CancellationToken)
            : await client.GetResponseAsync("What is the weather?", options, TestContext.Current.CancellationToken);
        Assert.Equal(["3000 1, 2"], _calls);
        Assert.Equal(["", "", "It is sunny."], response.Messages.Select(message => message.Text));
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_ThoughtThatThePromptOpens_StreamsApartFromTheAnswer()
    {
        using var client = (await ClientAsync(Thinking)).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions
        {
            Tools = [AIFunctionFactory.Create(GetWeather, "get_weather")],
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Medium },
        };
        var contents = await client.GetStreamingResponseAsync("What is the weather?", options, TestContext.Current.CancellationToken)
            .SelectMany(update => update.Contents.ToAsyncEnumerable()).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["3000 1, 2"], _calls);
        Assert.Equal("Now I know.", string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal("It is sunny.", string.Concat(contents.OfType<TextContent>().Select(content => content.Text)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Auto_KernelFunction_IsInvokedAndTheAnswerFollows(bool streaming)
    {
        await ClientAsync(CallingKernel);
        var kernel = new Kernel(_provider);
        kernel.Plugins.AddFromFunctions("Weather", [KernelFunctionFactory.CreateFromMethod(GetWeather, "get_weather")]);
        var settings = new GemmaPromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        var chat = kernel.GetRequiredService<IChatCompletionService>();
        var history = new ChatHistory { new(AuthorRole.User, "What is the weather?") };
        var answer = streaming
            ? string.Concat(await chat.GetStreamingChatMessageContentsAsync(history, settings, kernel, TestContext.Current.CancellationToken)
                .Select(piece => piece.Content).ToListAsync(TestContext.Current.CancellationToken))
            : (await chat.GetChatMessageContentAsync(history, settings, kernel, TestContext.Current.CancellationToken)).Content;
        Assert.Equal(["3000 1, 2"], _calls);
        Assert.EndsWith("It is sunny.", answer, StringComparison.Ordinal);
        Assert.Single(history, message => message.Role == AuthorRole.Tool);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AsAIAgent_Tool_IsInvokedAndTheNextTurnFollows(bool streaming)
    {
        var agent = (await ClientAsync(Calling)).AsAIAgent(tools: [AIFunctionFactory.Create(GetWeather, "get_weather")]);
        var session = await agent.CreateSessionAsync(TestContext.Current.CancellationToken);
        for (var turn = 1; turn <= 2; turn++)
        {
            var text = streaming
                ? string.Concat(await agent.RunStreamingAsync("What is the weather?", session, cancellationToken: TestContext.Current.CancellationToken)
                    .Select(update => update.Text).ToListAsync(TestContext.Current.CancellationToken))
                : (await agent.RunAsync("What is the weather?", session, cancellationToken: TestContext.Current.CancellationToken)).Text;
            Assert.EndsWith("It is sunny.", text, StringComparison.Ordinal);
            Assert.Equal(turn, _calls.Count);
        }
    }

    [Description("Gets the weather")]
    private string GetWeather(JsonElement place, JsonElement days)
    {
        _calls.Add($"{place.GetProperty("code")} {string.Join(", ", days.EnumerateArray())}");
        return "sunny";
    }

    private async Task<IChatClient> ClientAsync(string[][] scripts)
    {
        var template = SharedData.Require("goldens-templates", "templates", "gemma-4-31b-it.jinja");
        var checkpoint = Directory.CreateDirectory(Path.Combine(_folder, "checkpoint")).FullName;
        ScriptedGemma.Write(checkpoint, ControlTokens, ["<turn|>", "<|tool_response>"], [.. scripts]);
        File.Copy(template, Path.Combine(checkpoint, "chat_template.jinja"), overwrite: true);
        var package = Path.Combine(_folder, "package");
        await new CheckpointConverter().ConvertAsync(checkpoint, package, new ConversionOptions { Precision = ModelPrecision.Fp32 },
            cancellationToken: TestContext.Current.CancellationToken);
        _provider = new ServiceCollection().AddGemma(package).Services.BuildServiceProvider();
        return _provider.GetRequiredService<IChatClient>();
    }
}
