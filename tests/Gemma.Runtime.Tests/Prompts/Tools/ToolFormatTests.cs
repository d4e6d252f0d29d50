using System.Text.Json;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Runtime.Tests.Generation.Constraints;
using Gemma.Tests;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>Each format announces functions and writes calls and results in its own words, and its calls are found again.</summary>
public sealed class ToolFormatTests
{
    private static readonly AIFunctionDeclaration Weather = AIFunctionFactory.CreateDeclaration("get_weather", "Gets the weather",
        JsonElement.Parse("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}"""));

    private static readonly FunctionCallContent Call = new("1", "get_weather", new Dictionary<string, object?>
    {
        ["city"] = "São \"P\"\n",
        ["days"] = 2,
        ["x"] = new object?[] { true, null, new Dictionary<string, int> { ["a"] = 1 } },
    });

    public static TheoryData<ToolFormat> All => [.. Enum.GetValues<ToolFormat>().Where(format => format != ToolFormat.Template)];

    [Theory]
    [MemberData(nameof(All))]
    public void Call_AnyFormat_IsFoundAgain(ToolFormat format)
    {
        var parser = new ToolCallParser([Weather], allowMultiple: true);
        var call = Assert.IsType<FunctionCallContent>(Assert.Single(parser.Append(ToolFormats.Choose(format, null, ReplyMarks.Text).Call(Call))
            .Concat(parser.Flush())));
        Assert.Null(call.Exception);
        Assert.Equal(JsonSerializer.Serialize(Call.Arguments), JsonSerializer.Serialize(call.Arguments));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Form_AnyFormat_GivesCallsThatAreFound(ToolFormat format)
    {
        var tokens = new TokenizerBytes(GemmaTokenizer.Load(TinyGemma.Checkpoint));
        var factory = new ConstraintFactory(() => tokens) { Form = ToolFormats.Choose(format, null, ReplyMarks.Text).Form };
        for (var seed = 0; seed < 10; seed++)
        {
            var text = RandomText.Generate(new TokenConstraint(factory.ToolCall([Weather], cancellationToken: TestContext.Current.CancellationToken), [107],
                150), tokens, seed, 150);
            var parser = new ToolCallParser([Weather], allowMultiple: true);
            Assert.Null(Assert.IsType<FunctionCallContent>(Assert.Single(parser.Append(text!).Concat(parser.Flush()))).Exception);
        }
    }

    [Fact]
    public void Python_FunctionsCallsAndResults_AreInGooglesWords()
    {
        var format = ToolFormats.Choose(ToolFormat.Python, null, ReplyMarks.Text);
        Assert.StartsWith("You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of\n[func_name1(",
            format.Declare([Weather]), StringComparison.Ordinal);
        Assert.EndsWith(
            "\n[{\"name\":\"get_weather\",\"description\":\"Gets the "
                + "weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},\"required\":[\"city\"]}}]\n\n",
            format.Declare([Weather]),
            StringComparison.Ordinal);
        Assert.Equal("""[get_weather(city="São \"P\"\n", days=2, x=[True, None, {"a": 1}])]""", format.Call(Call));
    }

    [Fact]
    public void Hermes_FunctionsCallsAndResults_AreInTags()
    {
        var format = ToolFormats.Choose(ToolFormat.Hermes, null, ReplyMarks.Text);
        Assert.Contains("<tools>\n{\"type\": \"function\", \"function\": {\"name\":\"get_weather\"", format.Declare([Weather]), StringComparison.Ordinal);
        Assert.Equal("<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", format.Call(new FunctionCallContent("1", "f")));
        Assert.Equal("<tool_response>\n{\"name\":\"f\",\"result\":1}\n</tool_response>", format.Results([("f", new FunctionResultContent("1", 1))]));
    }

    [Theory]
    [InlineData("{{ messages[0].content }}", "GemmaToolFormat")]
    [InlineData("{{ '<|im_start|>' + messages[0].content }}", "HermesToolFormat")]
    [InlineData("{% if tools %}{{ tools | tojson }}{% endif %}", "TemplateToolFormat")]
    public void Choose_Template_DecidesTheFormat(string template, string expected) =>
        Assert.Equal(expected, ToolFormats.Choose(null, JinjaTemplate.Parse(template), ReplyMarks.Text).GetType().Name);

    [Fact]
    public void Choose_TemplateThatRendersNoFunctions_IsRefused() =>
        Assert.Contains("ToolFormat", Assert.Throws<ChatTemplateException>(() => ToolFormats.Choose(ToolFormat.Template, null, ReplyMarks.Text)).Message,
            StringComparison.Ordinal);
}
