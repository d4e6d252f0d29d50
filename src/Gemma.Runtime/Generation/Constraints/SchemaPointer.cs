using System.Globalization;
using System.Text.Json;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Resolves references inside a schema document (RFC 6901 pointers in URI fragments).</summary>
internal static class SchemaPointer
{
    /// <summary>The schema that a reference means.</summary>
    /// <exception cref="GemmaSchemaException">There is none, or it is in another document.</exception>
    public static JsonElement Resolve(JsonElement root, string reference)
    {
        if (!reference.StartsWith('#')) throw new GemmaSchemaException($"The JSON schema's $ref '{reference}' leads to another document; put that schema under $defs.");
        var target = root;
        foreach (var part in reference.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (target.ValueKind == JsonValueKind.Object && target.TryGetProperty(name, out var member)) target = member;
            else if (target.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < target.GetArrayLength()) target = target[index];
            else throw new GemmaSchemaException($"The JSON schema's $ref '{reference}' leads nowhere.");
        }

        return target;
    }
}
