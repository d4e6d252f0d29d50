using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Merges the keywords beside anyOf, oneOf or allOf with those of the parts.</summary>
internal static class SchemaOverlay
{
    private static readonly string[] Annotations = ["$schema", "$id", "$defs", "definitions", "title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly"];

    /// <summary>The schema without a keyword, with the keywords of the parts over its own; properties and required names are joined.</summary>
    public static JsonElement Merge(JsonElement schema, string keyword, IReadOnlyList<JsonElement> parts, JsonElement root)
    {
        var hasOwn = schema.EnumerateObject().Any(property => property.Name != keyword && !Annotations.Contains(property.Name));
        if (!hasOwn && parts.Count == 1) return parts[0];

        var merged = JsonObject.Create(schema)!;
        merged.Remove(keyword);
        foreach (var part in parts)
        {
            var target = part;
            for (var i = 0; target.ValueKind == JsonValueKind.Object && target.TryGetProperty("$ref", out var reference); i++)
            {
                if (i == 16 || reference.ValueKind != JsonValueKind.String) throw new GemmaSchemaException("The JSON schema's $ref leads in a circle.");
                target = SchemaPointer.Resolve(root, reference.GetString()!);
            }

            if (target.ValueKind == JsonValueKind.False) return target;
            if (target.ValueKind == JsonValueKind.Object) Overlay(merged, target);
        }

        return JsonElement.Parse(merged.ToJsonString());
    }

    private static void Overlay(JsonObject merged, JsonElement part)
    {
        foreach (var property in part.EnumerateObject())
        {
            if (property.Name == "properties" && merged["properties"] is JsonObject properties && property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in property.Value.EnumerateObject()) properties[member.Name] = Node(member.Value);
            }
            else if (property.Name == "required" && merged["required"] is JsonArray required && property.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (var name in property.Value.EnumerateArray()) required.Add(Node(name));
            }
            else
            {
                merged[property.Name] = Node(property.Value);
            }
        }
    }

    private static JsonNode? Node(JsonElement element) => JsonNode.Parse(element.GetRawText());
}
