using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>Text under a grammar always parses, follows its schema, never runs into a dead end and ends in time.</summary>
public sealed class JsonConstraintTests
{
    private static readonly TokenizerFileBytes Tokens = TokenizerFileBytes.Tiny();
    private static readonly ConstraintFactory Factory = new(() => Tokens);
    private static readonly JsonSerializerOptions Options = new(AIJsonUtilities.DefaultOptions)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };

    public enum Colour
    {
        Red,
        Green,
        [JsonStringEnumMemberName("deep \"blue\"")]
        Blue,
    }

    [Fact]
    public void Json_RandomScores_GivesAnObjectOrArrayWithinTheBudget()
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var text = RandomText.Generate(On(Factory.Json(cancellationToken: TestContext.Current.CancellationToken), 60), Tokens, seed, 60);
            Assert.NotNull(text);
            using var json = JsonDocument.Parse(text);
            Assert.True(json.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array);
        }
    }

    [Fact]
    public void Json_TasteForOpening_StaysInsideTheDepthAndTheBudget()
    {
        var text = RandomText.Generate(On(Factory.Json(cancellationToken: TestContext.Current.CancellationToken), 200), Tokens, 1, 200,
            piece => piece == "[" ? 2 : 0);
        using var json = JsonDocument.Parse(text!);
        Assert.StartsWith(new string('[', Automaton.MaxDepth), text, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonSchema_TypesOfAnApplication_Deserialise()
    {
        Check<Person>();
        Check<Tree>();
        Check<Shape>();
        Check<List<Person>>();
        Check<Dictionary<string, Person[]>>();
        Check<Colour>();
        Check<Formats>();
        Check<Limits>(value => Assert.True(value.Age is >= -3 and <= 120 && value.Code.Length is >= 2 and <= 5 && value.Tags.Length is >= 1 and <= 3));
        Check<long?>();
        Check<bool>();
        Check<double[][]>();
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{"const":{"x":[1,"é"]}}},"required":["b","z"]}""")]
    [InlineData("""{"type":"object","properties":{"ab":{"type":"integer"},"aç":{"type":"null"},"":{"type":"null"}},"required":["ab"],"additionalProperties":{"type":"string"}}""")]
    [InlineData("""{"type":["array","null"],"items":{"enum":[1,"two",null,false,{"three":3}]},"minItems":2,"maxItems":4}""")]
    [InlineData("""{"prefixItems":[{"type":"string"},{"type":"number"}],"items":false,"minItems":1}""")]
    [InlineData("""{"type":"object","anyOf":[{"properties":{"k":{"const":"a"},"n":{"type":"integer"}},"required":["k","n"]},{"$ref":"#/$defs/b~1c"}],"$defs":{"b/c":{"properties":{"k":{"const":"b"}},"required":["k"]}}}""")]
    [InlineData("""{"allOf":[{"properties":{"p":{"type":"boolean"}},"required":["p"]},{"properties":{"q":{"minimum":0,"type":"integer"}},"required":["q"]}]}""")]
    [InlineData("""{"type":"string","minLength":3,"maxLength":3}""")]
    [InlineData("""{"type":"integer","minimum":-5,"maximum":12}""")]
    [InlineData("""{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]}""")]
    [InlineData("""{"type":"object","additionalProperties":false}""")]
    [InlineData("""{"unknown":1,"properties":{"a":true,"b":{}},"required":["a","b"]}""")]
    [InlineData("true")]
    public void JsonSchema_Keywords_AreFollowed(string schema)
    {
        var element = JsonElement.Parse(schema);
        for (var seed = 0; seed < 25; seed++)
        {
            var text = RandomText.Generate(On(Factory.JsonSchema(element, cancellationToken: TestContext.Current.CancellationToken), 120), Tokens, seed, 120,
                seed % 2 == 0 ? Plain : null);
            Assert.NotNull(text);
            SchemaCheck.Follows(JsonElement.Parse(text), element, element);
        }
    }

    [Theory]
    [InlineData("false", "contradicts")]
    [InlineData("""{"$ref":"#"}""", "contradicts")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "contradicts")]
    [InlineData("""{"enum":[]}""", "contradicts")]
    [InlineData("""{"$ref":"http://x/y"}""", "another document")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "leads nowhere")]
    [InlineData("""{"type":"int"}""", "'int'")]
    [InlineData("""{"type":"array","minItems":3,"maxItems":2}""", "greater")]
    [InlineData("""{"properties":[]}""", "'properties'")]
    [InlineData("3", "a schema is expected")]
    [InlineData("""{"minLength":1,"anyOf":[{"$ref":"#"},{"$ref":"#"}]}""", "nests")]
    public void JsonSchema_Impossible_SaysWhy(string schema, string message)
    {
        var error = Assert.Throws<GemmaSchemaException>(() =>
            Factory.JsonSchema(JsonElement.Parse(schema), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mask_Strings_AllowAllTextAndOnlyWholeCharacters()
    {
        var element = JsonElement.Parse("""{"type":"string","minLength":1}""");
        foreach (var text in (string[])["\"naïve 😀 – ok\"", "\"\\u00e9\\ud83d\\ude00\\n\"", "\"</s> {}[]:,\""])
            Assert.True(Accepts(element, Encoding.UTF8.GetBytes(text)), text);
        foreach (var text in (string[])["\"\"", "\"a\nb\"", "\"\\x\"", "\"\\ud83d\"", "\"\\ude00\"", "'a'", " \"a\"", "\"a\" "])
            Assert.False(Accepts(element, Encoding.UTF8.GetBytes(text)), text);
        foreach (var bytes in (byte[][])[[0x22, 0xC0, 0x80, 0x22], [0x22, 0xE9, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
            [0x22, 0x80, 0x22]]) Assert.False(Accepts(element, bytes));
    }

    [Theory]
    [InlineData("""{"a": 1, "b": [1, 2.5e-3, {"c": null}]}""", true)]
    [InlineData("""{"a":1,"b":[]}""", true)]
    [InlineData("{\n  \"a\": 1,\n  \"b\": [\n    true\n  ]\n}", true)]
    [InlineData("""{"a" : 1}""", false)]
    [InlineData("""{"a":  1}""", false)]
    [InlineData("""{"a": 01}""", false)]
    [InlineData("""{"a": 1.}""", false)]
    [InlineData("""{"a": +1}""", false)]
    [InlineData("""{"a": 1,}""", false)]
    [InlineData("""[1 2]""", false)]
    [InlineData("""{"a": nul}""", false)]
    [InlineData("3", false)]
    public void Json_Spellings_AreJsonWithBoundedWhiteSpace(string text, bool expected)
    {
        Assert.Equal(expected, Accepts(On(Factory.Json(cancellationToken: TestContext.Current.CancellationToken)), Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Accept_BytesBeyondTheLastCodePoint_AreRefused()
    {
        var grammar = Factory.JsonSchema(JsonElement.Parse("{\"type\":\"string\",\"not\":{\"enum\":[\"a\"]}}"),
            cancellationToken: TestContext.Current.CancellationToken);
        var constraint = new TokenConstraint(grammar, [107], null);
        foreach (var b in (byte[])[(byte)'"', 0xF4]) constraint.Accept(Byte(b));
        Assert.Throws<InvalidOperationException>(() => constraint.Accept(Byte(0x90)));

        int Byte(byte value) => Enumerable.Range(0, Tokens.Count).First(id => !Tokens.IsSpecial(id) && Tokens.GetBytes(id).SequenceEqual([value]));
    }

    [Fact]
    public void Mask_EveryState_AllowsExactlyTheTokensThatCanBeAccepted()
    {
        // The shortcuts for plain text against the automaton itself, token by token.
        var schema = JsonElement.Parse(
            """{"type":"object","properties":{"s":{"type":"string","minLength":2,"maxLength":9},"t":{"type":["string","null"]},"e":{"enum":["ab","abc"]}}"""
                + ""","required":["s","t","e"],"additionalProperties":true}""");
        foreach (var maxTokens in (int?[])[null, 40])
        {
            var prefix = new List<int>();
            var random = new Random(3);
            for (var step = 0; step < 25; step++)
            {
                var constraint = Replay(prefix);
                var scores = new float[Tokens.Count];
                constraint.Mask(scores);
                var allowed = Enumerable.Range(0, scores.Length).Where(id => scores[id] == 0).ToList();
                for (var id = 0; id < scores.Length; id += maxTokens is null ? 1 : 7)
                {
                    var isAccepted = Accepts(Replay(prefix), id);
                    if (maxTokens is null) Assert.True(isAccepted == (scores[id] == 0), $"token {id} at step {step}");
                    else if (scores[id] == 0) Assert.True(isAccepted);
                }

                var next = allowed[random.Next(allowed.Count)];
                if (next is 1 or TokenizerFileBytes.Stop) break;
                prefix.Add(next);
            }

            ITokenConstraint Replay(List<int> tokens)
            {
                var constraint = On(Factory.JsonSchema(schema), maxTokens);
                foreach (var token in tokens) constraint.Accept(token);
                return constraint;
            }
        }
    }

    [Fact]
    public void Accept_AfterTheStopId_OnlyStopIdsFollow()
    {
        var constraint = On(Factory.JsonSchema(JsonElement.Parse("""{"type":"integer"}"""), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<InvalidOperationException>(() =>
            On(Factory.Json(cancellationToken: TestContext.Current.CancellationToken)).Accept(TokenizerFileBytes.Stop));
        constraint.Accept(Enumerable.Range(0, Tokens.Count).First(id => Tokens.GetBytes(id).SequenceEqual("7"u8)));
        Assert.False(constraint.IsComplete);
        constraint.Accept(TokenizerFileBytes.Stop);
        Assert.True(constraint.IsComplete);
        var scores = new float[Tokens.Count];
        constraint.Mask(scores);
        Assert.Equal([1, TokenizerFileBytes.Stop], Enumerable.Range(0, scores.Length).Where(id => scores[id] == 0));
    }

    private static TokenConstraint On(TokenGrammar grammar, int? maxTokens = null) => new(grammar, [1, TokenizerFileBytes.Stop], maxTokens);

    private static float Plain(string piece) => piece.Any(c => c is '\\' or > '\u007f') || piece.Length == 0 ? -0.5f : 0;

    private static void Check<T>(Action<T>? check = null)
    {
        var format = ChatResponseFormat.ForJsonSchema<T>(AIJsonUtilities.DefaultOptions);
        for (var seed = 0; seed < 15; seed++)
        {
            var constraint = On(Factory.JsonSchema(format.Schema!.Value), 400);
            var text = RandomText.Generate(constraint, Tokens, seed, 400, seed % 3 == 0 ? null : Plain);
            Assert.NotNull(text);
            var value = JsonSerializer.Deserialize<T>(text, Options);
            if (value is not null) check?.Invoke(value);
        }
    }

    private static bool Accepts(JsonElement schema, ReadOnlySpan<byte> text) => Accepts(On(Factory.JsonSchema(schema)), text);

    // Byte by byte, through the byte-fallback pieces (ids 217 to 472).
    private static bool Accepts(ITokenConstraint constraint, ReadOnlySpan<byte> text)
    {
        foreach (var b in text)
            if (!Accepts(constraint, 217 + b)) return false;
        return Accepts(constraint, TokenizerFileBytes.Stop);
    }

    private static bool Accepts(ITokenConstraint constraint, int token)
    {
        try
        {
            constraint.Accept(token);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    internal sealed record Person(string Name, long? Age, Colour Favourite, bool IsHappy, Person? Friend, decimal Height = 1);

    internal sealed record Tree(string Label, List<Tree> Children, Dictionary<string, double> Weights);

    internal sealed record Formats(DateTime Time, DateTimeOffset Offset, Guid Id, DateOnly Day, TimeOnly Clock, JsonElement Any, JsonObject Free);

    internal sealed record Limits([property: Range(-3, 120)] int Age, [property: Length(2, 5)] string Code, [property: Length(1, 3)] string[] Tags);

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Circle), "circle")]
    [JsonDerivedType(typeof(Square), "square")]
    internal abstract record Shape(string Name);

    internal sealed record Circle(string Name, double Radius) : Shape(Name);

    internal sealed record Square(string Name, double Side) : Shape(Name);
}
