using System.Text.Json;
using System.Text.Json.Nodes;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Tests;
using Gemma.Tokenization;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>Schemas that nobody thought of, and grammars that many sequences share.</summary>
public sealed class RandomSchemaTests
{
    private static readonly TokenizerBytes Tokens = new(GemmaTokenizer.Load(TinyGemma.Checkpoint));

    [Fact]
    public void JsonSchema_RandomSchemas_AreFollowedWithinTheBudget()
    {
        var random = new Random(11);
        for (var round = 0; round < 60; round++)
        {
            var schema = JsonElement.Parse(Schema(random, 3).ToJsonString());
            var grammar = new ConstraintFactory(() => Tokens).JsonSchema(schema, cancellationToken: TestContext.Current.CancellationToken);
            for (var seed = 0; seed < 2; seed++)
            {
                var text = RandomText.Generate(new TokenConstraint(grammar, [107], 250), Tokens, seed, 250);
                Assert.True(text is not null, schema.GetRawText());
                SchemaCheck.Follows(JsonElement.Parse(text), schema, schema);
            }
        }
    }

    [Fact]
    public async Task Mask_ManyThreads_GiveWhatOneGives()
    {
        var schema = JsonElement.Parse(
            """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":["number","null"]}}},"required":["a","b"]}""");
        var expected = Enumerable.Range(0, 8).Select(seed => Text(new ConstraintFactory(() => Tokens).JsonSchema(schema), seed)).ToList();
        var shared = new ConstraintFactory(() => Tokens).JsonSchema(schema, cancellationToken: TestContext.Current.CancellationToken);
        var actual = await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() => Text(shared, seed))));
        Assert.Equal(expected, actual);

        string? Text(TokenGrammar grammar, int seed) => RandomText.Generate(new TokenConstraint(grammar, [107], 80), Tokens, seed, 80);
    }

    private static JsonObject Schema(Random random, int depth)
    {
        var kind = random.Next(depth == 0 ? 6 : 10);
        switch (kind)
        {
            case 0:
                return new JsonObject { ["type"] = "string", ["minLength"] = random.Next(3), ["maxLength"] = random.Next(3, 12) };
            case 1:
                return new JsonObject { ["type"] = "integer", ["minimum"] = random.Next(-300, 0), ["maximum"] = random.Next(0, 500) };
            case 2:
                return new JsonObject { ["type"] = new JsonArray("number", "null") };
            case 3:
                return new JsonObject { ["enum"] = new JsonArray("a", "ab", 12, 1, true, null, new JsonObject { ["x"] = 1.5 }) };
            case 4:
                return new JsonObject { ["type"] = new JsonArray("boolean", "string") };
            case 5:
                return new JsonObject { ["const"] = $"c\"{random.Next(9)}é" };
            case 6:
                return new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = Schema(random, depth - 1),
                    ["minItems"] = random.Next(3),
                    ["maxItems"] = random.Next(3, 6),
                };
            case 7:
                return new JsonObject { ["anyOf"] = new JsonArray(Schema(random, depth - 1), Schema(random, depth - 1)) };
            default:
                var properties = new JsonObject();
                var required = new JsonArray();
                foreach (var name in (string[])["a", "ab", "abc", "ä", "a\"", "b"])
                {
                    if (random.Next(2) == 0) continue;
                    properties[name] = Schema(random, depth - 1);
                    if (random.Next(2) == 0) required.Add(name);
                }

                var schema = new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required };
                if (kind == 9) schema["additionalProperties"] = random.Next(2) == 0 ? true : Schema(random, 0);
                return schema;
        }
    }
}
