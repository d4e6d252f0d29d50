using System.Collections.Concurrent;
using System.Text.Json;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Runtime.Tests.Generation.Constraints;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>Calls that a model is made to write, in every form: the parser finds them, and their arguments follow the functions' schemas.</summary>
public sealed class CallFormTests
{
    private const int Stop = 107;

    private static readonly GemmaTokenizer Tokenizer = MarkedTokenizer.Load();
    private static readonly Dictionary<string, IToolFormat> Formats = new()
    {
        ["gemma"] = ToolFormats.Gemma,
        ["python"] = ToolFormats.Choose(ToolFormat.Python, null, Marks(null)),
        ["hermes"] = ToolFormats.Choose(ToolFormat.Hermes, null, ReplyMarks.Text),
        ["hermes tokens"] = ToolFormats.Choose(ToolFormat.Hermes, null, Marks(null)),
        ["gemma 4"] = ToolFormats.Choose(null, Template("<|tool_call>call:"), Marks(null)),
        ["functiongemma"] = ToolFormats.Choose(null, Template("<start_function_call>call:"), Marks(null)),
    };

    private static readonly ConcurrentDictionary<string, (TokenizerBytes Tokens, ConstraintFactory Factory)> Factories = new();

    private static readonly AIFunctionDeclaration[] Functions =
    [
        Function("get_date", """{"type":"object","properties":{}}"""),
        Function("get_weather",
            """{"type":"object","properties":{"city":{"type":"string","minLength":2},"days":{"type":"integer","minimum":1,"maximum":14},"unit":{"enum":["C","F",null]},"exact":{"type":"boolean"}},"required":["city","unit"]}"""),
        Function("Team-Rank",
            """{"type":"object","properties":{"names":{"type":"array","items":{"type":"string","pattern":"^[A-Z][a-z]{2,4}$"},"minItems":1,"maxItems":3,"uniqueItems":true},"by":{"type":"object","properties":{"odd key":{"type":"number"},"deep":{"enum":[{"a":[1,"x",true]},["y"]]}},"required":["odd key","deep"]}},"required":["names","by"]}"""),
        Function("count", """{"type":"object","additionalProperties":{"type":"integer","minimum":0,"maximum":99},"minProperties":1,"maxProperties":3}"""),
    ];

    public static TheoryData<string> Forms => [.. Formats.Keys];

    [Theory]
    [MemberData(nameof(Forms))]
    public void ToolCall_AnyForm_GivesCallsThatAreFoundAndFollowTheirSchema(string form)
    {
        var (tokens, factory) = Create(form);
        var called = new HashSet<string>();
        for (var seed = 0; seed < 40; seed++)
        {
            var text = RandomText.Generate(new TokenConstraint(factory.ToolCall(Functions, cancellationToken: TestContext.Current.CancellationToken), [Stop],
                120), tokens, seed, 120);
            Assert.NotNull(text);
            called.Add(Check(form, Assert.Single(Contents(form, text)), text));
        }

        Assert.Equal(Functions.Length, called.Count);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ToolCall_SeveralAllowed_AreAllFound(string form)
    {
        var (tokens, factory) = Create(form);
        var most = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var grammar = factory.ToolCall(Functions, "get_date", allowMultiple: true, cancellationToken: TestContext.Current.CancellationToken);
            var text = RandomText.Generate(new TokenConstraint(grammar, [Stop], 150), tokens, seed, 150)!;
            var contents = Contents(form, text);
            foreach (var content in contents) Check(form, content, text);
            most = Math.Max(most, contents.Count);
        }

        Assert.True(most > 1, $"{form}: one at most");
    }

    [Theory]
    [InlineData("python", "I look: [get_weather")]
    [InlineData("python", "[Team-Rank")]
    [InlineData("gemma 4", "I look. <|tool_call>call:get_weather")]
    [InlineData("functiongemma", "<start_function_call>call:count")]
    [InlineData("hermes", "<tool_call>\n{\"name\": \"get_weather\"")]
    public void TextWithCalls_CallThatHasBegun_FollowsItsSchema(string form, string beginning)
    {
        var (tokens, factory) = Create(form);
        var marks = Marks(form);
        for (var seed = 0; seed < 20; seed++)
        {
            var constraint = new TokenConstraint(factory.TextWithCalls(Functions, cancellationToken: TestContext.Current.CancellationToken), [Stop], null);
            foreach (var id in Ids(beginning, marks)) constraint.Accept(id);
            if (!form.StartsWith("hermes", StringComparison.Ordinal)) constraint.Accept(Tokenizer.GetTokenId(form == "python" ? "(" : "{")!.Value);
            var parser = new ToolCallParser(Functions, allowMultiple: false, marks: marks);
            parser.Append(Shown(beginning, marks) + (form.StartsWith("hermes", StringComparison.Ordinal) ? string.Empty : form == "python" ? '(' : '{'));
            var random = new Random(seed);
            var scores = new float[tokens.Count];
            List<AIContent> contents = [];
            for (var i = 0; i < 900 && !parser.HasCall; i++)
            {
                for (var id = 0; id < scores.Length; id++) scores[id] = random.NextSingle();
                foreach (var piece in (string[])["\"", "}", ")", "]", ":", "<escape>", "<|\"|>"]) scores[Tokenizer.GetTokenId(piece)!.Value] += 0.95f;
                constraint.Mask(scores);
                var best = scores.AsSpan().IndexOf(scores.Max());
                constraint.Accept(best);
                contents.AddRange(parser.Append(RandomText.Text(tokens.GetBytes(best))));
            }

            Check(form, Assert.Single(contents.OfType<FunctionCallContent>()), beginning);
        }
    }

    [Theory]
    [InlineData("python", "[get_date, get_weather] [get] [get_weathers(city=1) (get_date) [[get_date")]
    [InlineData("gemma 4", "call:get_weather{ <|tool_call>call:get_weath <|channel>thought\n<|tool_call>call:get_weathers{<channel|> [get_weather(")]
    public void TextWithCalls_OtherText_IsFree(string form, string text)
    {
        var (_, factory) = Create(form);
        var constraint = new TokenConstraint(factory.TextWithCalls(Functions, cancellationToken: TestContext.Current.CancellationToken), [Stop], null);
        foreach (var id in Ids(text, Marks(form))) constraint.Accept(id);
        constraint.Accept(Stop);
        Assert.True(constraint.IsComplete);
    }

    [Theory]
    [InlineData("python", "[get_weather(town=")]
    [InlineData("gemma 4", "<|tool_call>call:get_weather{town:")]
    [InlineData("gemma 4", "<|tool_call>call:get_weather{city:\"")]
    public void TextWithCalls_WrongCall_IsForbidden(string form, string text)
    {
        var (_, factory) = Create(form);
        var constraint = new TokenConstraint(factory.TextWithCalls(Functions, cancellationToken: TestContext.Current.CancellationToken), [Stop], null);
        Assert.Throws<InvalidOperationException>(() =>
        {
            foreach (var id in Ids(text, Marks(form))) constraint.Accept(id);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void JsonSchema_ModelThatThinks_ThinksFirst(bool isBegun)
    {
        var (tokens, factory) = Create("gemma 4");
        var grammar = factory.JsonSchema(JsonElement.Parse("""{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"""), thought: isBegun
            ? ThoughtPlace.Begun
            : ThoughtPlace.First, cancellationToken: TestContext.Current.CancellationToken);
        var constraint = new TokenConstraint(grammar, [Stop], null);
        foreach (var id in Ids((isBegun ? string.Empty : "<|channel>") + "thought\nHm {\"n\": <channel|>\n{\"n\": 5}", Marks("gemma 4"))) constraint.Accept(id);
        Assert.True(constraint.IsComplete);
        for (var seed = 0; seed < 10; seed++)
        {
            var splitter = new ThoughtSplitter(Marks("gemma 4").Thoughts!, isBegun);
            var text = RandomText.Generate(new TokenConstraint(grammar, [Stop], 40), tokens, seed, 40)!;
            List<AIContent> contents = [.. splitter.Append(text), .. splitter.Flush()];
            Assert.True(JsonElement.Parse(string.Concat(contents.OfType<TextContent>().Select(content => content.Text))).GetProperty("n").TryGetInt32(out _));
        }
    }

    private static AIFunctionDeclaration Function(string name, string schema) => AIFunctionFactory.CreateDeclaration(name, null, JsonElement.Parse(schema));

    private static JinjaTemplate Template(string text) => JinjaTemplate.Parse($"{{% if tools %}}{text}{{% endif %}}");

    private static ReplyMarks Marks(string? form) => form is "hermes" ? ReplyMarks.Text : ReplyMarks.Create(Tokenizer, null);

    // Arranging a vocabulary takes a while.
    private static (TokenizerBytes Tokens, ConstraintFactory Factory) Create(string form) => Factories.GetOrAdd(form, static form =>
    {
        var tokens = new TokenizerBytes(Tokenizer, Marks(form).Tokens);
        return (tokens, new ConstraintFactory(() => tokens) { Form = Formats[form].Form, Thoughts = Marks(form).Thoughts });
    });

    private static List<AIContent> Contents(string form, string text)
    {
        var parser = new ToolCallParser(Functions, allowMultiple: true, marks: Marks(form));
        return [.. parser.Append(text), .. parser.Flush()];
    }

    private static string Check(string form, AIContent content, string text)
    {
        var call = Assert.IsType<FunctionCallContent>(content);
        Assert.True(call.Exception is null, $"{form}: {text}: {call.Exception?.Message}");
        SchemaCheck.Follows(JsonSerializer.SerializeToElement(call.Arguments), Functions.Single(function => function.Name == call.Name).JsonSchema, default);
        return call.Name;
    }

    // The text with the characters that stand for control tokens.
    private static string Shown(string text, ReplyMarks marks) =>
        marks.Tokens.Aggregate(text, (shown, token) => shown.Replace(Tokenizer.GetPiece(token.Key)!, token.Value.ToString(), StringComparison.Ordinal));

    private static List<int> Ids(string text, ReplyMarks marks)
    {
        List<int> ids = [];
        var plain = string.Empty;
        foreach (var c in Shown(text, marks) + "\0")
        {
            if (c != '\0' && !ReplyMarks.IsMark(c))
            {
                plain += c;
                continue;
            }

            ids.AddRange(Tokenizer.Encode(plain, addSpecialTokens: false, recognizeControlTokens: false));
            plain = string.Empty;
            if (ReplyMarks.IsMark(c)) ids.Add(marks.Tokens.Single(token => token.Value == c).Key);
        }

        return ids;
    }
}
