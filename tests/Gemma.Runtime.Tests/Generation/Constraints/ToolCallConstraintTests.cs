using System.Text.Json;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tests;
using Gemma.Tokenization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>Forced calls have the model's own form, and the parser finds them.</summary>
public sealed class ToolCallConstraintTests
{
    private static readonly GemmaTokenizer Tokenizer = GemmaTokenizer.Load(TinyGemma.Checkpoint);
    private static readonly TokenizerBytes Tokens = new(Tokenizer);
    private static readonly ConstraintFactory Factory = new(() => Tokens);

    private static readonly AIFunctionDeclaration[] Functions =
    [
        AIFunctionFactory.Create((string city, int? days = null) => city + days, "get_weather"),
        AIFunctionFactory.Create(() => 1, "get_date"),
        AIFunctionFactory.Create((string[] names, Level level) => names.Length + (int)level, "Team-Rank"),
    ];

    internal enum Level
    {
        Low,
        High,
    }

    [Fact]
    public void ToolCall_RandomScores_GivesCallsThatTheParserReads()
    {
        var called = new HashSet<string>();
        for (var seed = 0; seed < 60; seed++)
        {
            var text = RandomText.Generate(new TokenConstraint(Factory.ToolCall(Functions, cancellationToken: TestContext.Current.CancellationToken), [107],
                150), Tokens, seed, 150);
            Assert.NotNull(text);
            var parser = new ToolCallParser(Functions, allowMultiple: true);
            var call = Assert.IsType<FunctionCallContent>(Assert.Single(parser.Append(text).Concat(parser.Flush())));
            Assert.Null(call.Exception);
            SchemaCheck.Follows(JsonSerializer.SerializeToElement(call.Arguments), Functions.Single(function => function.Name == call.Name).JsonSchema,
                default);
            called.Add(call.Name);
        }

        Assert.Equal(3, called.Count);
    }

    [Fact]
    public void ToolCall_GoldenReplies_CanBeGeneratedTokenByToken()
    {
        foreach (var golden in Prompts.Tools.ToolGoldens.Conversations())
        {
            // The one golden that calls a function with another one's argument is what a grammar prevents.
            if (golden.GetProperty("expected_text").GetString() is not { } text
                || !text.StartsWith('{')
                || golden.GetProperty("id").ValueEquals("demo-tools-cs/3")) continue;
            var constraint = new TokenConstraint(Factory.ToolCall(Prompts.Tools.ToolGoldens.Functions(golden),
                cancellationToken: TestContext.Current.CancellationToken), [1, 107], null);
            foreach (var id in TinyGemmaGoldens.Ids(golden, "expected_ids")) constraint.Accept(id);
            Assert.True(constraint.IsComplete);
        }
    }

    [Fact]
    public void ToolCall_RequiredName_CallsNothingElse()
    {
        for (var seed = 0; seed < 5; seed++)
            Assert.Equal("""{"name": "get_date", "parameters": {}}""",
                RandomText.Generate(new TokenConstraint(Factory.ToolCall(Functions, "get_date", cancellationToken: TestContext.Current.CancellationToken),
                    [107], null), Tokens, seed, 100));
        Assert.Contains("'other'",
            Assert.Throws<GemmaSchemaException>(() => Factory.ToolCall(Functions, "other", cancellationToken: TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
        Assert.Throws<GemmaSchemaException>(() => Factory.ToolCall([], cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void ToolCall_SeveralAllowed_MayGoOnAfterTheFirst()
    {
        const string call = """{"name": "get_date", "parameters": {}}""";
        var constraint = new TokenConstraint(Factory.ToolCall(Functions, null, allowMultiple: true, cancellationToken: TestContext.Current.CancellationToken),
            [107], null);
        Accept(constraint, call);
        Assert.False(constraint.IsComplete);
        Accept(constraint, "\n" + call);
        constraint.Accept(107);
        Assert.True(constraint.IsComplete);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"any"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"https://example.com/a.json"}},"required":["a"]}""")]
    [InlineData("""{"type":"object","properties":{"a":false},"required":["a"]}""")]
    public void ToolCall_SchemaThatCannotBeFollowed_NamesTheFunction(string schema)
    {
        AIFunctionDeclaration[] functions = [.. Functions, AIFunctionFactory.CreateDeclaration("find_order", null, JsonElement.Parse(schema))];
        Assert.Contains("'find_order'",
            Assert.Throws<GemmaSchemaException>(() => Factory.ToolCall(functions, cancellationToken: TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
        Assert.Contains("'find_order'",
            Assert.Throws<GemmaSchemaException>(() => Factory.TextWithCalls(functions, cancellationToken: TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"name\": \"")]
    [InlineData("I look: { \"name\":\"Team-")]
    [InlineData("```json\n{\n  \"name\": \"get_weather\"")]
    [InlineData("{\"type\": \"function\", \"function\": {\"name\": \"get_weather\", ")]
    public void TextWithCalls_CallThatHasBegun_FollowsItsSchema(string beginning)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var constraint = new TokenConstraint(Factory.TextWithCalls(Functions, cancellationToken: TestContext.Current.CancellationToken), [107], null);
            var parser = new ToolCallParser(Functions, allowMultiple: true);
            Accept(constraint, beginning);
            List<AIContent> contents = [.. parser.Append(beginning)];
            var random = new Random(seed);
            var scores = new float[Tokens.Count];
            for (var i = 0; i < 600 && !parser.HasCall; i++)
            {
                // An offered name is what a model would take that was told of the functions.
                for (var id = 0; id < scores.Length; id++) scores[id] = random.NextSingle();
                foreach (var piece in (string[])["get", "_", "weather", "\"", "}"]) scores[Tokenizer.GetTokenId(piece) ?? 0] += 0.9f;
                constraint.Mask(scores);
                var best = scores.AsSpan().IndexOf(scores.Max());
                constraint.Accept(best);
                if (!Tokens.IsSpecial(best)) contents.AddRange(parser.Append(System.Text.Encoding.UTF8.GetString(Tokens.GetBytes(best))));
            }

            foreach (var call in contents.OfType<FunctionCallContent>())
            {
                Assert.Null(call.Exception);
                SchemaCheck.Follows(JsonSerializer.SerializeToElement(call.Arguments), Functions.Single(function => function.Name == call.Name).JsonSchema,
                    default);
            }

            if (beginning.Contains("get_weather", StringComparison.Ordinal)) Assert.True(parser.HasCall);
        }
    }

    [Theory]
    [InlineData("""{"name": "Bob", "age": 7} and {"names": ["get_date"], "name": 5}""")]
    [InlineData("""{"name": "get_dates", "argument": 1} {"name": "Bo\"b"} {"name"} {{{"a": {"name": "", "b": 1}}""")]
    [InlineData("""{"name": "get_date"} {"name": "get_date", "args": {}} {"name":"get_weather","arguments":{"city":"x"}}""")]
    [InlineData("Any text: \"name\": \"get_date\", 😀 { \\ }")]
    public void TextWithCalls_OtherText_IsFree(string text)
    {
        var constraint = new TokenConstraint(Factory.TextWithCalls(Functions, cancellationToken: TestContext.Current.CancellationToken), [107], null);
        Accept(constraint, text);
        constraint.Accept(107);
        Assert.True(constraint.IsComplete);
    }

    [Theory]
    [InlineData("""{"name": "get_time", "parameters": {""")]
    [InlineData("""{"name": "get_weather"}""")]
    [InlineData("""{"name": "get_weather", "parameters": {"town": 1""")]
    public void TextWithCalls_WrongCall_IsForbidden(string text)
    {
        var constraint = new TokenConstraint(Factory.TextWithCalls(Functions, cancellationToken: TestContext.Current.CancellationToken), [107], null);
        Assert.Throws<InvalidOperationException>(() => Accept(constraint, text));
    }

    [Fact]
    public void JsonSchema_WithFunctions_AllowsACallOrTheFormat()
    {
        var grammar = Factory.JsonSchema(JsonElement.Parse("""{"type":"object","properties":{"answer":{"type":"integer"}},"required":["answer"]}"""), Functions,
            cancellationToken: TestContext.Current.CancellationToken);
        foreach (var text in (string[])["""{"answer": 12}""", """{"name": "get_date", "parameters": {}}"""])
        {
            var constraint = new TokenConstraint(grammar, [107], null);
            foreach (var id in Tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false)) constraint.Accept(id);
            Assert.True(constraint.IsComplete);
        }
    }

    private static void Accept(TokenConstraint constraint, string text)
    {
        foreach (var id in Tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: false)) constraint.Accept(id);
    }

    [Fact]
    public void TokenizerBytes_AllPieces_AreWhatTheFileSays()
    {
        var expected = TokenizerFileBytes.Tiny();
        Assert.Equal(expected.Count, Tokens.Count);
        for (var id = 0; id < Tokens.Count; id++)
        {
            Assert.True(!expected.IsSpecial(id) || Tokens.IsSpecial(id), $"token {id}");
            if (!Tokens.IsSpecial(id)) Assert.Equal(expected.GetBytes(id), Tokens.GetBytes(id));
        }
    }
}
