using System.Diagnostics;
using System.Text.Json;
using Gemma.Runtime.Generation.Constraints;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>No schema ends the process, or takes more than a second and 64 MB: it is compiled or refused.</summary>
public sealed class SchemaLimitsTests
{
    private const long MaxBytes = 64L << 20;

    // A second is what it takes on a machine of its own; other processes may take most of the time here.
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);
    private static readonly TokenizerFileBytes Tokens = TokenizerFileBytes.Tiny();

    public static TheoryData<string> Attacks() =>
        ["a name of 100,000 characters", "100,000 properties", "an enumeration of 100,000", "an enumeration of 5,000", "a string of 5 MB",
            "5,000 names to avoid", "deep", "100,000 alternatives", "lengths", "ambiguous", "exploding pattern", "nested pattern", "counted pattern",
            "choices of choices"];

    [Theory]
    [MemberData(nameof(Attacks))]
    public void JsonSchema_Attack_IsCompiledOrRefusedInTimeAnd64Megabytes(string name)
    {
        using var schema = JsonDocument.Parse(Attack(name), new JsonDocumentOptions { MaxDepth = 20_000 });

        var factory = new ConstraintFactory(() => Tokens);
        factory.Json(cancellationToken: TestContext.Current.CancellationToken);
        var (started, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        try
        {
            var constraint = new TokenConstraint(factory.JsonSchema(schema.RootElement, cancellationToken: TestContext.Current.CancellationToken), [107], null);
            constraint.Mask(new float[Tokens.Count]);
        }
        catch (GemmaSchemaException e)
        {
            Assert.Contains("JSON schema", e.Message, StringComparison.Ordinal);
        }

        var (time, bytes) = (Stopwatch.GetElapsedTime(started), GC.GetAllocatedBytesForCurrentThread() - allocated);
        Assert.True(time <= MaxTime, $"{time.TotalMilliseconds} ms");
        Assert.True(bytes <= MaxBytes, $"{bytes} bytes");
    }

    [Fact]
    public void ToolCall_LargeSchemas_CountTogether()
    {
        var schema = JsonElement.Parse($$"""{"type":"object","description":"{{new string('d', 300_000)}}"}""");
        var functions = Enumerable.Range(0, 4).Select(i => AIFunctionFactory.CreateDeclaration($"f{i}", "", schema)).ToList();
        var factory = new ConstraintFactory(() => Tokens);
        Assert.NotNull(factory.ToolCall(functions[..3], cancellationToken: TestContext.Current.CancellationToken));
        Assert.Throws<GemmaSchemaException>(() => factory.ToolCall(functions, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void JsonSchema_Cancelled_EndsAndIsNotKept()
    {
        var factory = new ConstraintFactory(() => Tokens);
        var schema = JsonElement.Parse(Attack("an enumeration of 5,000"));
        Assert.ThrowsAny<OperationCanceledException>(() => factory.JsonSchema(schema, cancellationToken: new CancellationToken(canceled: true)));
        Assert.Same(factory.JsonSchema(schema, cancellationToken: TestContext.Current.CancellationToken),
            factory.JsonSchema(schema, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void JsonSchema_ManySchemas_StayWithinTheCachesBytes()
    {
        var factory = new ConstraintFactory(() => Tokens);
        var large = factory.JsonSchema(JsonElement.Parse(Attack("an enumeration of 5,000")), cancellationToken: TestContext.Current.CancellationToken);
        Assert.InRange(large.ByteCount, 100_000, 9_000_000);
        var cache = new GrammarCache(5 * large.ByteCount);
        Assert.Same(large, cache.Get("a", () => large));
        for (var i = 0; i < 20; i++)
            cache.Get($"b{i}", () => factory.JsonSchema(JsonElement.Parse(Attack("an enumeration of 5,000").Replace('v', (char)('a' + i)))));
        Assert.Throws<InvalidOperationException>(() => cache.Get("a", () => throw new InvalidOperationException()));
        Assert.NotNull(cache.Get("b19", () => throw new InvalidOperationException()));
    }

    private static string Attack(string name) => name switch
    {
        "a name of 100,000 characters" => $$"""{"type":"object","required":["{{new string('n', 100_000)}}"],"additionalProperties":true}""",
        "100,000 properties" => "{\"type\":\"object\",\"properties\":{" + Join(100_000, i => $"\"p{i}\":{{\"type\":\"string\"}}") + "}}",
        "an enumeration of 100,000" => $$"""{"enum":[{{Join(100_000, i => $"\"value{i}\"")}}]}""",
        "an enumeration of 5,000" => $$"""{"enum":[{{Join(5_000, i => $"\"v{i}\"")}}]}""",
        "a string of 5 MB" => $$"""{"const":"{{new string('x', 5_000_000)}}"}""",
        "5,000 names to avoid" => "{\"properties\":{" + Join(5_000, i => $"\"p{i}é\":true") + "},\"additionalProperties\":true}",
        "deep" => new string('[', 10_000) + new string(']', 10_000),
        "100,000 alternatives" => $$"""{"anyOf":[{{Join(100_000, i => "{}")}}]}""",
        "ambiguous" =>
            """{"anyOf":[{"type":"array","items":{"$ref":"#"}},{"type":"array","items":{"$ref":"#"},"maxItems":5},{"type":"array","items":{"$ref":"#"},"minItems":1},{"type":"null"}]}""",
        "exploding pattern" => """{"type":"string","pattern":"^(.*a){30}b.{40}(a|b).{30}$"}""",
        "nested pattern" => $$"""{"type":"string","pattern":"{{new string('(', 60_000)}}a{{new string(')', 60_000)}}"}""",
        "counted pattern" => """{"type":"string","pattern":"^((a{1,1000}){1,1000}){1,1000}$"}""",
        "choices of choices" =>
            "{\"allOf\":[" + Join(20, i => $"{{\"anyOf\":[{{\"minLength\":{i}}},{{\"minLength\":{i + 30}}},{{\"type\":\"null\"}}]}}") + "]}",
        _ => "{\"properties\":{" + Join(200, i => $"\"p{i}\":{{\"maxLength\":{i + 2000}}}") + "}}",
    };

    private static string Join(int count, Func<int, string> item) => string.Join(',', Enumerable.Range(0, count).Select(item));
}
