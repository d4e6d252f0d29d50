using System.Text.Json;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Chat;

/// <summary>Structured output and forced calls with the real small model.</summary>
public sealed class ConstrainedChatTests(TinyGemma tiny)
{
    private static readonly AIFunction Weather = AIFunctionFactory.Create((string city) => $"sunny in {city}", "get_weather", "Gets the weather in a city");
    private static readonly AIFunction Light = AIFunctionFactory.Create((string room, bool on) => $"{room} {on}", "switch_light",
        "Switches the light in a room");

    private enum Mood
    {
        Happy,
        Sad,
    }

    [Fact]
    public async Task GetResponseAsync_OfType_GivesTheType()
    {
        using var client = await ClientAsync();
        foreach (var prompt in (string[])["Hello!", "What is the capital of France?", "Anna is 34 years old and lives in Rome. Give me the data as JSON."])
        {
            var person = await client.GetResponseAsync<Person>(prompt, new ChatOptions
            {
                MaxOutputTokens = 120,
            }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.NotNull(person.Result.Name);
            Assert.InRange(person.Result.Tags.Length, 0, 100);
            Assert.Equal(ChatFinishReason.Stop, person.FinishReason);
            var mood = await client.GetResponseAsync<Mood>(prompt, cancellationToken: TestContext.Current.CancellationToken);
            Assert.True(Enum.IsDefined(mood.Result));
        }
    }

    [Theory]
    [InlineData(12)]
    [InlineData(60)]
    public async Task GetResponseAsync_JsonFormatAndFewTokens_IsWholeJson(int maxTokens)
    {
        using var client = await ClientAsync();
        var options = new ChatOptions { ResponseFormat = ChatResponseFormat.Json, MaxOutputTokens = maxTokens, Temperature = 1.5f, Seed = 4 };
        var response = await client.GetResponseAsync("Tell me a story.", options, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(response.Text);
        Assert.InRange(response.Usage!.OutputTokenCount!.Value, 1, maxTokens);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task GetResponseAsync_JsonFormatAndMaxLength_IsWholeJson()
    {
        // A model's own max_new_tokens would count before the request's max_length.
        using var folder = new TemporaryFolder();
        var checkpoint = Directory.CreateDirectory(folder.File("checkpoint")).FullName;
        foreach (var file in Directory.EnumerateFiles(TinyGemma.Checkpoint)) File.Copy(file, Path.Combine(checkpoint, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(checkpoint, "generation_config.json"), """{"eos_token_id": [1, 107]}""",
            TestContext.Current.CancellationToken);
        await new CheckpointConverter().ConvertAsync(checkpoint, folder.File("package"), new ConversionOptions { Precision = ModelPrecision.Fp32 },
            cancellationToken: TestContext.Current.CancellationToken);
        await using var model = await GemmaModel.LoadAsync(folder.File("package"), cancellationToken: TestContext.Current.CancellationToken);
        using var client = new GemmaChatClient(model);
        var free = await client.GetResponseAsync("Tell me a story.", new ChatOptions { MaxOutputTokens = 1 }, TestContext.Current.CancellationToken);
        var options = new ChatOptions
        {
            ResponseFormat = ChatResponseFormat.Json,
            Temperature = 1.5f,
            Seed = 4,
            AdditionalProperties = new() { ["max_length"] = free.Usage!.InputTokenCount + 12 },
        };
        var response = await client.GetResponseAsync("Tell me a story.", options, TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(response.Text);
        Assert.InRange(response.Usage!.OutputTokenCount!.Value, 1, 12);
    }

    [Fact]
    public async Task GetResponseAsync_RequiredMode_CallsWhereTheModelWouldTalk()
    {
        using var client = await ClientAsync();
        var any = await client.GetResponseAsync("Hello!", new ChatOptions
        {
            Tools = [Weather, Light],
            ToolMode = ChatToolMode.RequireAny,
        }, TestContext.Current.CancellationToken);
        Assert.Single(Calls(any));
        Assert.Equal(ChatFinishReason.ToolCalls, any.FinishReason);
        Assert.Empty(any.Text);

        var specific = await client.GetResponseAsync("What is the weather in Paris?", new ChatOptions
        {
            Tools = [Weather, Light],
            ToolMode = ChatToolMode.RequireSpecific("switch_light"),
        }, TestContext.Current.CancellationToken);
        var call = Assert.Single(Calls(specific));
        Assert.Equal("switch_light", call.Name);
        Assert.Equal(["room", "on"], call.Arguments!.Keys);

        await Assert.ThrowsAsync<GemmaSchemaException>(() =>
            client.GetResponseAsync("Hello!", new ChatOptions
            {
                ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("false")),
            }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task GetResponseAsync_FunctionsAndFormat_GivesACallOrTheFormat()
    {
        using var client = await ClientAsync();
        var options = new ChatOptions { Tools = [Weather], MaxOutputTokens = 120 };
        var first = await client.GetResponseAsync<Answer>("What is the weather in Paris?", options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("get_weather", Assert.Single(Calls(first)).Name);
        var second = await client.GetResponseAsync<Answer>("What is the capital of France?", options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(Calls(second).Any() || second.Result.Text is not null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GetStreamingResponseAsync_Call_LeaksNoTextAndEndsWithIt(bool allowMultiple)
    {
        using var client = await ClientAsync();
        var options = new ChatOptions { Tools = [Weather, Light], AllowMultipleToolCalls = allowMultiple };
        var updates = await client.GetStreamingResponseAsync("What is the weather in Paris?", options, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);
        var response = updates.ToChatResponse();
        Assert.Empty(response.Text);
        var call = Assert.Single(Calls(response));
        Assert.Equal("Paris", ((JsonElement)call.Arguments!["city"]!).GetString());
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);

        // One call allowed: its last bracket ends the generation, no stop token is needed.
        var reply = """{"name": "get_weather", "parameters": {"city": "Paris"}}""";
        var ids = (await tiny.ModelAsync()).Tokenizer!.Encode(reply, addSpecialTokens: false, recognizeControlTokens: false);
        Assert.Equal(ids.Length + (allowMultiple ? 1 : 0), response.Usage!.OutputTokenCount);
    }

    private static IEnumerable<FunctionCallContent> Calls(ChatResponse response) =>
        response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>();

    private async Task<IChatClient> ClientAsync() => new GemmaChatClient(await tiny.ModelAsync());

    private sealed record Answer(string Text);

    private sealed record Person(string Name, long Age, string? City, string[] Tags);
}
