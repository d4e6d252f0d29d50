using System.Text.Json;

namespace Gemma.Runtime.Tests.Generation.Constraints;

/// <summary>A small validator of the keywords that the tests use, as an independent judge.</summary>
internal static class SchemaCheck
{
    public static void Follows(JsonElement value, JsonElement schema, JsonElement root) =>
        Assert.True(IsValid(value, schema, root), $"{value.GetRawText()} does not follow {schema.GetRawText()}");

    private static bool IsValid(JsonElement value, JsonElement schema, JsonElement root)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False) return schema.GetBoolean();
        return schema.EnumerateObject().All(keyword => IsValid(value, keyword.Name, keyword.Value, schema, root));
    }

    private static bool IsValid(JsonElement value, string keyword, JsonElement rule, JsonElement schema, JsonElement root) => keyword switch
    {
        "type" => rule.ValueKind == JsonValueKind.Array
            ? rule.EnumerateArray().Any(type => HasType(value, type.GetString()!))
            : HasType(value, rule.GetString()!),
        "const" => JsonElement.DeepEquals(value, rule),
        "enum" => rule.EnumerateArray().Any(item => JsonElement.DeepEquals(value, item)),
        "anyOf" => rule.EnumerateArray().Any(item => IsValid(value, item, root)),
        "allOf" => rule.EnumerateArray().All(item => IsValid(value, item, root)),
        "$ref" => IsValid(value,
            rule.GetString()!.Split('/').Skip(1).Aggregate(root, (at, part) => at.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal))), root),
        "properties" when value.ValueKind == JsonValueKind.Object =>
            rule.EnumerateObject().All(property => !value.TryGetProperty(property.Name, out var member) || IsValid(member, property.Value, root)),
        "additionalProperties" when value.ValueKind == JsonValueKind.Object =>
            value.EnumerateObject()
                .All(member => (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out _))
                    || IsValid(member.Value, rule, root)),
        "required" when value.ValueKind == JsonValueKind.Object => rule.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
        "prefixItems" when value.ValueKind == JsonValueKind.Array =>
            value.EnumerateArray().Zip(rule.EnumerateArray()).All(pair => IsValid(pair.First, pair.Second, root)),
        "items" when value.ValueKind == JsonValueKind.Array =>
            value.EnumerateArray().Skip(schema.TryGetProperty("prefixItems", out var prefix) ? prefix.GetArrayLength() : 0)
                .All(item => IsValid(item, rule, root)),
        "minItems" when value.ValueKind == JsonValueKind.Array => value.GetArrayLength() >= rule.GetInt32(),
        "maxItems" when value.ValueKind == JsonValueKind.Array => value.GetArrayLength() <= rule.GetInt32(),
        "minLength" when value.ValueKind == JsonValueKind.String => value.GetString()!.Length >= rule.GetInt32(),
        "maxLength" when value.ValueKind == JsonValueKind.String => value.GetString()!.Length <= rule.GetInt32(),
        "minimum" when value.ValueKind == JsonValueKind.Number => value.GetDouble() >= rule.GetDouble(),
        "maximum" when value.ValueKind == JsonValueKind.Number => value.GetDouble() <= rule.GetDouble(),
        _ => true,
    };

    private static bool HasType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => value.ValueKind == JsonValueKind.Null,
    };
}
