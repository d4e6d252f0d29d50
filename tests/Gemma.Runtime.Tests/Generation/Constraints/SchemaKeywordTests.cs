using System.Text.Json;
using Gemma.Runtime.Chat;
using Gemma.Runtime.Generation.Constraints;
using Json.Schema;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>Every keyword is followed, by JsonSchema.Net's judgement, or refused by its name.</summary>
public sealed class SchemaKeywordTests
{
    private static readonly TokenizerFileBytes Tokens = TokenizerFileBytes.Tiny();
    private static readonly ConstraintFactory Factory = new(() => Tokens);

    [Theory]
    [InlineData("""{"type":"string","pattern":"^[A-Z]{3}-[0-9]{4}$"}""")]
    [InlineData("""{"type":"string","pattern":"foo","maxLength":8}""")]
    [InlineData("""{"type":"string","minLength":5,"maxLength":5}""")]
    [InlineData("""{"type":"string","not":{"enum":["a","é"]},"maxLength":1}""")]
    [InlineData("""{"type":"string","contentEncoding":"base64","maxLength":24}""")]
    [InlineData("""{"type":"integer","minimum":5,"exclusiveMaximum":9,"multipleOf":2}""")]
    [InlineData("""{"type":"integer","not":{"const":3},"minimum":0,"maximum":4}""")]
    [InlineData("""{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}""")]
    [InlineData("""{"type":"number","multipleOf":0.05,"minimum":-1,"maximum":1}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"integer"},"minProperties":3,"maxProperties":4}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"integer"}},"minProperties":2,"maxProperties":2}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"}},"patternProperties":{"^x_":{"type":"string"}},"additionalProperties":{"type":"boolean"},"minProperties":2}""")]
    [InlineData("""{"type":"object","propertyNames":{"pattern":"^[a-z]{2}$"},"additionalProperties":{"type":"integer"},"minProperties":1}""")]
    [InlineData("""{"type":"object","propertyNames":{"enum":["en","de"]},"additionalProperties":{"type":"integer"},"minProperties":2}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"dependentRequired":{"a":["b"]},"additionalProperties":false}""")]
    [InlineData("""{"type":"object","not":{"required":["x"]},"properties":{"x":{"type":"integer"},"y":{"type":"integer"}}}""")]
    [InlineData("""{"type":"array","items":{"enum":["é","è","a",1]},"uniqueItems":true,"minItems":4}""")]
    [InlineData("""{"type":"array","items":{"type":"integer","minimum":1,"maximum":12},"uniqueItems":true,"minItems":12}""")]
    [InlineData("""{"type":"array","items":{"type":["string","null"],"maxLength":1},"uniqueItems":true,"minItems":3}""")]
    [InlineData("""{"allOf":[{"enum":["a","b"]},{"enum":["b","c"]}]}""")]
    [InlineData("""{"allOf":[{"type":"integer","minimum":3},{"maximum":8}]}""")]
    [InlineData("""{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]}""")]
    [InlineData("""{"type":["string","integer"],"minLength":2,"minimum":10}""")]
    [InlineData("""{"$id":"https://example.com/a.json","type":"object","properties":{"x":{"$ref":"https://example.com/a.json#/$defs/y"},"z":{"$ref":"#anchor"}},"required":["x","z"],"$defs":{"y":{"type":"integer"},"q":{"$anchor":"anchor","type":"boolean"}}}""")]
    public void JsonSchema_Keyword_IsFollowed(string schema)
    {
        var judge = JsonSchema.FromText(schema);
        var grammar = Factory.JsonSchema(JsonElement.Parse(schema), cancellationToken: TestContext.Current.CancellationToken);
        for (var seed = 0; seed < 6; seed++)
        {
            var limit = seed % 3 == 0 ? grammar.ShortestAnswer + 3 : 150;
            var text = RandomText.Generate(new TokenConstraint(grammar, [TokenizerFileBytes.Stop], limit), Tokens, seed, limit);
            Assert.True(text is not null, $"no end within {limit} tokens");
            Assert.True(judge.Evaluate(JsonElement.Parse(text)).IsValid, text);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(null)]
    public void JsonSchema_PieceThatEndsOneUniqueTextAndBeginsAnother_StillEndsInTime(int? longest)
    {
        var tokens = new ListedPieces("[\"", "\",\"", "\",\"a", "\",\"#", ",\"#", ",\"%", "#\",", "%\",\"", "a\",\"a", "\"]", "#\"]", "\"", "#", "%", "a");
        var limited = longest is null ? string.Empty : $",\"maxLength\":{longest}";
        var schema = $$"""{"type":"array","items":{"type":"string"{{limited}}},"uniqueItems":true,"minItems":2}""";
        var judge = JsonSchema.FromText(schema);
        var grammar = new ConstraintFactory(() => tokens).JsonSchema(JsonElement.Parse(schema), cancellationToken: TestContext.Current.CancellationToken);
        for (var seed = 0; seed < 200; seed++)
        {
            var limit = grammar.ShortestAnswer + 1 + (seed % 6);
            var text = RandomText.Generate(new TokenConstraint(grammar, [ListedPieces.Stop], limit), tokens, seed, limit,
                piece => piece.Contains('"') || piece is "#" or "a" ? 1 : 0);
            Assert.True(text is not null, $"seed {seed}: no end within {limit} tokens");
            Assert.True(judge.Evaluate(JsonElement.Parse(text)).IsValid, text);
        }
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"const":1}},"if":{"required":["a"]},"then":{"required":["b"]}}""", "'if'")]
    [InlineData("""{"type":"array","contains":{"const":1}}""", "'contains'")]
    [InlineData("""{"type":"array","items":{"type":"object"},"uniqueItems":true}""", "'uniqueItems'")]
    [InlineData("""{"oneOf":[{"type":"number"},{"type":"integer"}]}""", "'oneOf'")]
    [InlineData("""{"not":{"type":"object","properties":{"a":true}}}""", "'not'")]
    [InlineData("""{"type":"string","format":"colour"}""", "'format'")]
    [InlineData("""{"type":"string","contentEncoding":"quoted-printable"}""", "'contentEncoding'")]
    public void JsonSchema_KeywordThatCannotBeEnforced_IsRefusedByNameOrTold(string schema, string name)
    {
        var element = JsonElement.Parse(schema);
        Assert.Contains(name,
            Assert.Throws<GemmaSchemaException>(() => Factory.JsonSchema(element, cancellationToken: TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
        List<string> told = [];
        Assert.NotNull(Factory.JsonSchema(element, onIgnored: told.Add, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains(told, text => text.Contains(name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"type":"string","enum":[1,2]}""", "enum")]
    [InlineData("""{"allOf":[{"type":"string"},{"type":"integer"}]}""", "types")]
    [InlineData("""{"allOf":[{"minimum":3,"type":"integer"},{"maximum":2}]}""", "minimum")]
    [InlineData("""{"properties":{"a":{"minimum":3,"maximum":2}}}""", "#/properties/a")]
    public void JsonSchema_Contradiction_SaysWhere(string schema, string message) =>
        Assert.Contains(message,
            Assert.Throws<GemmaSchemaException>(() =>
                Factory.JsonSchema(JsonElement.Parse(schema), cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Fact]
    public void ToolCall_BadSchema_IsRefusedByTheToolsName()
    {
        var tools = new[] { AIFunctionFactory.CreateDeclaration("good", null, JsonElement.Parse("{}")),
            AIFunctionFactory.CreateDeclaration("bad_one", null, JsonElement.Parse("""{"type":"any"}""")) };
        Assert.Contains("'bad_one'",
            Assert.Throws<GemmaSchemaException>(() => Factory.ToolCall(tools, cancellationToken: TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void JsonSchema_FarFromAGreatestLength_CountsExactly()
    {
        var grammar = Factory.JsonSchema(JsonElement.Parse("""{"type":"string","maxLength":700}"""), cancellationToken: TestContext.Current.CancellationToken);
        var text = RandomText.Generate(new TokenConstraint(grammar, [TokenizerFileBytes.Stop], null), Tokens, 1, 2000, piece => piece.Contains('"') ? -1 : 0);
        Assert.InRange(JsonElement.Parse(text!).GetString()!.Length, 690, 700);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":130}"""
        + ""","mail":{"type":["string","null"],"format":"email","description":"of work"},"kind":{"enum":["a","b"]}"""
        + ""","tags":{"type":"array","items":{"type":"string"}}},"required":["name","age"]}""",
        """{"name": string, "age": integer 0..130, "mail"?: email | null (of work), "kind"?: "a" | "b", "tags"?: [string, …]}""")]
    [InlineData("""{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]}""", """{"next": … | null}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"number"}}""", "{name: number, …}")]
    public void Describe_Schema_TakesFewWords(string schema, string expected) => Assert.Equal(expected, SchemaPrompt.Describe(JsonElement.Parse(schema)));
}
