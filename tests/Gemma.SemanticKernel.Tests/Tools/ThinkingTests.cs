using System.Text.Json;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Gemma.Tests;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel.Tests.Tools;

/// <summary>A model that thinks before it answers or calls, with a template that renders tools and thoughts itself.</summary>
public sealed class ThinkingTests : IAsyncLifetime
{
    private const string Template =
        """
        {{ bos_token }}{% if tools %}{% for tool in tools %}<|tool_call>{{ tool.function.name }}{% endfor %}{% endif %}
        {%- for message in messages %}<start_of_turn>{{ message.role }}
        {{ message.reasoning_content | default('') if keep_thoughts else '' }}{{ message.content }}{% for call in message.tool_calls | default([]) %}<|tool_call>call:{{ call.function.name }}<tool_call|>{% endfor %}<end_of_turn>
        {% endfor %}{% if enable_thinking %}Think. {{ reasoning_effort | default('') }}
        {% endif %}{% if add_generation_prompt %}<start_of_turn>model
        {% endif %}
        """;

    private static readonly string[] ControlTokens = ["<|tool_call>", "<tool_call|>", "<|\"|>", "<|channel>", "<channel|>"];
    private static readonly AITool Weather = AIFunctionFactory.CreateDeclaration("get_weather", "Gets the weather in a city",
        AIFunctionFactory.Create((string city) => city).JsonSchema);

    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-thinking-").FullName;
    private ServiceProvider? _provider;

    private IChatClient Client => _provider!.GetRequiredService<IChatClient>();

    public async ValueTask InitializeAsync()
    {
        var checkpoint = Directory.CreateDirectory(Path.Combine(_folder, "checkpoint")).FullName;
        ScriptedGemma.Write(checkpoint, ["<|channel>", "thought\nNeed it.\n", "<channel|>", "{\"city\":\"Paris\"}"], ControlTokens);
        await File.WriteAllTextAsync(Path.Combine(checkpoint, "chat_template.jinja"), Template.ReplaceLineEndings("\n") + "\n",
            TestContext.Current.CancellationToken);
        var package = Path.Combine(_folder, "package");
        await new CheckpointConverter()
            .ConvertAsync(checkpoint, package, new ConversionOptions
            {
                Precision = ModelPrecision.Fp32,
            }, cancellationToken: TestContext.Current.CancellationToken);
        _provider = new ServiceCollection().AddGemma(package).Services.BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        if (_provider is not null) await _provider.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task GetStreamingResponseAsync_Thoughts_StreamApartFromTheAnswer()
    {
        var contents = await Client.GetStreamingResponseAsync("Hi", cancellationToken: TestContext.Current.CancellationToken)
            .SelectMany(update => update.Contents.ToAsyncEnumerable()).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Need it.", string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        Assert.Equal("{\"city\":\"Paris\"}", string.Concat(contents.OfType<TextContent>().Select(content => content.Text)));
    }

    [Fact]
    public async Task GetResponseAsync_ReasoningOptions_ReachTheTemplateAndHideThoughts()
    {
        var asItIs = await AskAsync(null);
        var with = await AskAsync(new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High } });
        var without = await AskAsync(new ChatOptions { Reasoning = new ReasoningOptions { Effort = ReasoningEffort.None, Output = ReasoningOutput.None } });
        var own = await AskAsync(new ChatOptions
        {
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.High },
            AdditionalProperties = new() { ["chat_template_kwargs"] = new Dictionary<string, bool> { ["enable_thinking"] = false } },
        });
        Assert.True(with.Usage!.InputTokenCount > asItIs.Usage!.InputTokenCount);
        Assert.Equal(asItIs.Usage.InputTokenCount, without.Usage!.InputTokenCount);
        Assert.Equal(asItIs.Usage.InputTokenCount, own.Usage!.InputTokenCount);
        Assert.Single(with.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>());
        Assert.Empty(without.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>());
        Assert.Equal(with.Text, without.Text);

        // The thought and its two marks.
        Assert.Equal((3L, 3L), (with.Usage.ReasoningTokenCount, without.Usage.ReasoningTokenCount));
    }

    [Fact]
    public async Task GetResponseAsync_ResponseFormat_FollowsTheThought()
    {
        var format = ChatResponseFormat.ForJsonSchema(JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));
        var response = await AskAsync(new ChatOptions
        {
            ResponseFormat = format,
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.Medium },
            MaxOutputTokens = 60,
        });
        Assert.Equal("Need it.", Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>()).Text);
        Assert.Equal("Paris", JsonElement.Parse(response.Text).GetProperty("city").GetString());
    }

    [Fact]
    public async Task GetResponseAsync_RequiredCall_IsInTheTemplatesForm()
    {
        var response = await AskAsync(new ChatOptions { Tools = [Weather], ToolMode = ChatToolMode.RequireAny, MaxOutputTokens = 60 });
        var call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Null(call.Exception);
        Assert.Equal(("get_weather", string.Empty), (call.Name, response.Text));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
    }

    [Fact]
    public async Task GetResponseAsync_ThoughtsInTheHistory_AreTheTemplatesToKeepOrDrop()
    {
        ChatMessage[] plain = [new(ChatRole.User, "Hi"), new(ChatRole.Assistant, "Hello"), new(ChatRole.User, "Go on")];
        ChatMessage[] thoughtful = [plain[0], new(ChatRole.Assistant, [new TextReasoningContent("A long thought about it."), new TextContent("Hello")]),
            plain[2]];
        var keep = new ChatOptions
        {
            MaxOutputTokens = 1,
            AdditionalProperties = new() { ["chat_template_kwargs"] = new Dictionary<string, bool> { ["keep_thoughts"] = true } },
        };
        var dropped = await Client.GetResponseAsync(thoughtful, new ChatOptions { MaxOutputTokens = 1 }, TestContext.Current.CancellationToken);
        var kept = await Client.GetResponseAsync(thoughtful, keep, TestContext.Current.CancellationToken);
        var none = await Client.GetResponseAsync(plain, keep, TestContext.Current.CancellationToken);
        Assert.Equal(none.Usage!.InputTokenCount, dropped.Usage!.InputTokenCount);
        Assert.True(kept.Usage!.InputTokenCount > dropped.Usage.InputTokenCount);
    }

    [Fact]
    public async Task GetResponseAsync_MarkInTheQuestion_LeavesTheAnswerAsItIs()
    {
        var plain = await AskAsync(null);
        var asked = await Client.GetResponseAsync("What does <|channel>", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(plain.Text, asked.Text);
        Assert.Equal("Need it.", Assert.Single(asked.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>()).Text);
    }

    private Task<ChatResponse> AskAsync(ChatOptions? options) =>
        Client.GetResponseAsync("What is the weather in Paris?", options, TestContext.Current.CancellationToken);
}
