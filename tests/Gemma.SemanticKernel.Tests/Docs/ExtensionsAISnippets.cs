using Gemma.Runtime;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel.Tests.Docs;

/// <summary>The blocks of README and docs about Extensions.AI; compiled, not run.</summary>
internal static class ExtensionsAISnippets
{
    public static async Task ReadmeAsync()
    {
        var services = new ServiceCollection();
        services.AddGemma("models/gemma-2b-it");
        await using var provider = services.BuildServiceProvider();

        var client = provider.GetRequiredService<IChatClient>();
        await foreach (var update in client.GetStreamingResponseAsync("Why is the sky blue?"))
        {
            Console.Write(update.Text);
        }
    }

    public static async Task OptionsAsync(IChatClient client)
    {
        var response = await client.GetResponseAsync(
            [
                new ChatMessage(ChatRole.System, "Answer in one sentence."),
                new ChatMessage(ChatRole.User, "Why is the sky blue?"),
            ],
            new ChatOptions { Temperature = 0.7f, TopP = 0.95f, Seed = 42, MaxOutputTokens = 200, StopSequences = ["\n\n"] });
        Console.WriteLine(response.Text);
        Console.WriteLine(
            $"{response.Usage?.InputTokenCount} tokens in, {response.Usage?.CachedInputTokenCount} of them cached, {response.Usage?.OutputTokenCount} out");
    }

    public static async Task SeveralAsync(IChatClient client)
    {
        var options = new ChatOptions { Temperature = 1, AdditionalProperties = new() { ["n"] = 2, ["logprobs"] = true, ["top_logprobs"] = 3 } };
        var several = await client.GetResponseAsync("Name a colour.", options);
        foreach (var answer in several.Messages)
        {
            var tokens = (IReadOnlyList<TokenChoice>)answer.AdditionalProperties![GemmaChatClient.LogProbabilitiesKey]!;
            Console.WriteLine($"{answer.Text}: {tokens.Sum(token => token.LogProbability):0.00}");
        }
    }

    public static async Task StructuredAsync(IChatClient client)
    {
        var person = await client.GetResponseAsync<Person>("Anna is 31 years old. Give me name and age.");
        Console.WriteLine($"{person.Result.Name} is {person.Result.Age}");
    }

    public static void Middleware(IServiceCollection services)
    {
        services.AddGemma("models/gemma-2b-it").ChatClient
            .UseFunctionInvocation()
            .UseOpenTelemetry(sourceName: "my-app");
    }

    public static async Task DirectAsync()
    {
        await using var model = await GemmaModel.LoadAsync("models/gemma-2b-it-int4");
        using var client = new GemmaChatClient(model);
        Console.WriteLine(await client.GetResponseAsync("Hello!"));
    }

    public static async Task ToolsAsync(IChatClient client)
    {
        var tools = client.AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create((string city) => "sunny, 18 degrees", "get_weather", "Gets the weather in a city")] };
        Console.WriteLine(await tools.GetResponseAsync("What is the weather in Paris?", options));
    }

    public static void Configuration(IServiceCollection services, IConfiguration configuration)
    {
        services.AddGemma(configuration.GetSection("Gemma"));
        services.AddHealthChecks().AddGemma("chat");
    }

    private sealed record Person(string Name, int Age);
}
