using Gemma.Runtime.Chat;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel.Tests.Tools;

/// <summary>
/// The goldens' tool conversations through Microsoft.Extensions.AI's function invocation: call emitted, function invoked, result used in the answer.
/// </summary>
public sealed class FunctionInvocationTests(TinyGemma tiny)
{
    public static TheoryData<string, bool> Dialogues => new()
    {
        { "demo-tools/7", false },
        { "demo-tools/7", true },
        { "demo-tools-math/1", false },
        { "demo-tools-cs/2", false },
        { "demo-tools-cs/2", true },
        { "tool-1/2", false },
        { "tool-2/2", true },
        { "tool-3/2", false },
    };

    [Theory]
    [MemberData(nameof(Dialogues))]
    public async Task UseFunctionInvocation_GoldenDialogue_CallsAndAnswersAsTheGolden(string id, bool streaming)
    {
        var dialogue = new GoldenDialogue(id);
        List<string> calls = [];
        using var client = new GemmaChatClient(await tiny.ModelAsync()).AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [.. dialogue.Functions(calls)], Instructions = dialogue.System };
        List<ChatMessage> history = [];
        foreach (var exchange in dialogue.Exchanges)
        {
            history.Add(new ChatMessage(ChatRole.User, exchange.Question));
            var response = streaming
                ? await client.GetStreamingResponseAsync(history, options, TestContext.Current.CancellationToken)
                    .ToChatResponseAsync(TestContext.Current.CancellationToken)
                : await client.GetResponseAsync(history, options, TestContext.Current.CancellationToken);
            Assert.Equal(exchange.Answer, response.Text);
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            Assert.Equal(exchange.Call is null ? 1 : 3, response.Messages.Count);
            history.AddMessages(response);
        }

        Assert.Equal(dialogue.Exchanges.Select(exchange => exchange.Call).OfType<string>(), calls);
    }

    [Fact]
    public async Task UseFunctionInvocation_FunctionFails_TheModelIsTold()
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync()).AsBuilder()
            .UseFunctionInvocation(configure: options => options.IncludeDetailedErrors = true).Build();
        static string Fail(string city) => throw new InvalidOperationException($"not found: {city}");
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(Fail, "get_weather", "Gets the weather in a city")] };
        var response = await client.GetResponseAsync("What is the weather in Paris?", options, TestContext.Current.CancellationToken);
        var result = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>());
        Assert.NotNull(result.Exception);
        Assert.Contains("error", response.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task UseFunctionInvocation_RequiredMode_CallsOnceAndAnswers()
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync()).AsBuilder().UseFunctionInvocation().Build();
        var invoked = 0;
        string GetDate()
        {
            invoked++;
            return "Monday";
        }

        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(GetDate, "get_date", "Gets the date")], ToolMode = ChatToolMode.RequireAny };
        var response = await client.GetResponseAsync("Hello!", options, TestContext.Current.CancellationToken);
        Assert.InRange(invoked, 1, 10);
        Assert.NotEmpty(response.Text);
    }

    [Fact]
    public async Task GetResponseAsync_ModeNone_OffersNothing()
    {
        using var client = new GemmaChatClient(await tiny.ModelAsync());
        var tool = AIFunctionFactory.Create((string city) => city, "get_weather", "Gets the weather in a city");
        var question = new ChatMessage(ChatRole.User, "What is the weather in Paris?");
        var without = await client.GetResponseAsync([question], cancellationToken: TestContext.Current.CancellationToken);
        var none = await client.GetResponseAsync([question], new ChatOptions
        {
            Tools = [tool],
            ToolMode = ChatToolMode.None,
        }, TestContext.Current.CancellationToken);
        Assert.Equal(without.Text, none.Text);
        Assert.Equal(without.Usage!.InputTokenCount, none.Usage!.InputTokenCount);
    }
}
