using System.ComponentModel;
using Gemma.Runtime.Chat;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel.Tests.Agents;

/// <summary>Gemma as an agent of Microsoft's Agent Framework: sessions, streaming, tools.</summary>
public sealed class AgentFrameworkTests(TinyGemma tiny)
{
    [Fact]
    public async Task AsAIAgent_Session_RemembersTheConversation()
    {
        var agent = new GemmaChatClient(await tiny.ModelAsync()).AsAIAgent(name: "gemma");
        var session = await agent.CreateSessionAsync(TestContext.Current.CancellationToken);
        await agent.RunAsync("My name is Anna.", session, cancellationToken: TestContext.Current.CancellationToken);
        var answer = string.Empty;
        await foreach (var update in agent.RunStreamingAsync("What is my name?", session, cancellationToken: TestContext.Current.CancellationToken))
            answer += update.Text;
        Assert.Contains("Anna", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AsAIAgent_Tool_IsCalledAndItsResultIsUsed()
    {
        var cities = new List<string>();
        var agent = new GemmaChatClient(await tiny.ModelAsync())
            .AsAIAgent(tools: [AIFunctionFactory.Create(GetWeather, "get_weather", "Gets the weather in a city")]);
        var response = await agent.RunAsync("What is the weather in Paris?", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["Paris"], cities);
        Assert.Contains("sunny", response.Text, StringComparison.Ordinal);
        Assert.True(response.Usage?.InputTokenCount > 100);

        string GetWeather([Description("The city")] string city)
        {
            cities.Add(city);
            return "sunny, 18 degrees";
        }
    }
}
