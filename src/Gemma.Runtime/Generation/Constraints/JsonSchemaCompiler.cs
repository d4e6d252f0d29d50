using System.Globalization;
using System.Text;
using System.Text.Json;
using Gemma.Runtime.Prompts.Tools;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// Compiles a JSON schema into a grammar. Known are type, enum, const, properties, required, additionalProperties, items, prefixItems, minItems, maxItems, minLength, maxLength, minimum, maximum, format, $ref
/// into the same document, anyOf, oneOf and allOf; other keywords are ignored. Properties come in the order of their declaration; where a schema names properties and says nothing about others there are
/// no others.
/// </summary>
internal sealed class JsonSchemaCompiler
{
    private const int MaxUnrolled = 256;
    private const int MaxEnumerated = 4096;
    private const int MaxNesting = 64;
    private const int MaxSchemas = 10000;
    private static readonly string[] AllTypes = ["object", "array", "string", "number", "boolean", "null"];
    private readonly Dictionary<string, GrammarRule> _references = [];
    private readonly JsonElement _root;
    private readonly GrammarBuilder _builder;
    private readonly JsonGrammar _json;
    private int _nesting;
    private int _count;

    /// <summary>Creates the compiler of one schema document.</summary>
    public JsonSchemaCompiler(JsonElement root, GrammarBuilder builder, JsonGrammar json) => (_root, _builder, _json) = (root, builder, json);

    /// <summary>The rule of the whole document.</summary>
    /// <exception cref="GemmaSchemaException">The schema is malformed, or refers to another document.</exception>
    public GrammarRule Compile() => Reference("#");

    private GrammarRule Reference(string pointer)
    {
        if (_references.TryGetValue(pointer, out var known)) return known;

        // The rule must be known before its own schema, which may refer to it, is compiled.
        var start = _builder.State();
        var rule = _references[pointer] = new GrammarRule(start, isContainer: false);
        start.Calls.Add((Rule(SchemaPointer.Resolve(_root, pointer)), _builder.State(isFinal: true)));
        return rule;
    }

    private GrammarRule Rule(JsonElement schema)
    {
        if (schema.ValueKind == JsonValueKind.True) return _json.Value;
        if (schema.ValueKind == JsonValueKind.False) return _builder.OneOf(new List<GrammarRule>());
        if (schema.ValueKind != JsonValueKind.Object) throw new GemmaSchemaException($"The JSON schema holds {schema.ValueKind} where a schema is expected; a schema is an object, true or false.");
        if (++_nesting > MaxNesting) throw new GemmaSchemaException($"The JSON schema nests more than {MaxNesting} schemas in each other; move parts of it to $defs.");
        if (++_count > MaxSchemas) throw new GemmaSchemaException($"The JSON schema has more than {MaxSchemas} parts; leave some out, or refer to common ones with $ref.");
        var rule = Alternatives(schema);
        _nesting--;
        return rule;
    }

    private GrammarRule Alternatives(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference)) return Reference(Text(reference, "$ref"));
        if (schema.TryGetProperty("const", out var constant)) return _builder.OneOf([Json(constant)]);
        if (schema.TryGetProperty("enum", out var values)) return _builder.OneOf(Items(values, "enum").Select(Json));
        foreach (var keyword in (ReadOnlySpan<string>)["anyOf", "oneOf"])
        {
            if (!schema.TryGetProperty(keyword, out var alternatives)) continue;
            return _builder.OneOf(Items(alternatives, keyword).Select(alternative => Rule(SchemaOverlay.Merge(schema, keyword, [alternative], _root))).ToList());
        }

        if (schema.TryGetProperty("allOf", out var parts)) return Rule(SchemaOverlay.Merge(schema, "allOf", Items(parts, "allOf"), _root));
        var types = Types(schema).Select(type => Typed(schema, type)).ToList();
        return types.Count == 1 ? types[0] : _builder.OneOf(types);
    }

    private static IEnumerable<string> Types(JsonElement schema)
    {
        if (schema.TryGetProperty("type", out var type))
            return type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(item => Text(item, "type")).Distinct().ToList() : [Text(type, "type")];
        bool Has(params ReadOnlySpan<string> keywords)
        {
            foreach (var keyword in keywords)
                if (schema.TryGetProperty(keyword, out _)) return true;
            return false;
        }

        if (Has("properties", "required", "additionalProperties")) return ["object"];
        if (Has("items", "prefixItems", "minItems", "maxItems")) return ["array"];
        if (Has("minLength", "maxLength", "format", "pattern")) return ["string"];
        return Has("minimum", "maximum") ? ["number"] : AllTypes;
    }

    private GrammarRule Typed(JsonElement schema, string type) => type switch
    {
        "object" => Object(schema),
        "array" => Array(schema),
        "string" => String(schema),
        "integer" => Number(schema, isInteger: true),
        "number" => Number(schema, isInteger: false),
        "boolean" => _builder.OneOf(["true"u8.ToArray(), "false"u8.ToArray()]),
        "null" => _builder.OneOf(["null"u8.ToArray()]),
        _ => throw new GemmaSchemaException($"The JSON schema has the type '{type}'; JSON's types are object, array, string, number, integer, boolean and null."),
    };

    private GrammarRule Object(JsonElement schema)
    {
        var hasAdditional = schema.TryGetProperty("additionalProperties", out var additional);
        var required = schema.TryGetProperty("required", out var names) ? Items(names, "required").Select(name => Text(name, "required")).ToHashSet() : [];
        List<(string Name, GrammarRule Value, bool IsRequired)> properties = [];
        if (schema.TryGetProperty("properties", out var declared))
        {
            if (declared.ValueKind != JsonValueKind.Object) throw new GemmaSchemaException("The JSON schema's 'properties' must be an object.");
            foreach (var property in declared.EnumerateObject()) properties.Add((property.Name, Rule(property.Value), required.Remove(property.Name)));
        }
        else if (!hasAdditional && required.Count == 0)
        {
            return _json.AnyObject;
        }

        foreach (var name in required) properties.Add((name, _json.Value, true));
        var members = properties.Select(property => (Json(property.Name), property.Value, property.IsRequired)).ToList();
        if (!hasAdditional || additional.ValueKind == JsonValueKind.False) return _json.Object(members, null, null);
        return _json.Object(members, OtherNames.Rule(_builder, members.Select(member => member.Item1)), Rule(additional));
    }

    private GrammarRule Array(JsonElement schema)
    {
        var first = schema.TryGetProperty("prefixItems", out var prefix) ? Items(prefix, "prefixItems").Select(Rule).ToList() : [];
        var item = schema.TryGetProperty("items", out var items) ? Rule(items) : _json.Value;
        if (items.ValueKind == JsonValueKind.False) item = null;
        var (minimum, maximum) = Limits(schema, "minItems", "maxItems");
        return _json.Array(first, item, minimum, maximum);
    }

    private GrammarRule String(JsonElement schema)
    {
        if (schema.TryGetProperty("format", out var format) && StringFormats.Rule(_builder, Text(format, "format")) is { } rule) return rule;
        var (minimum, maximum) = Limits(schema, "minLength", "maxLength");
        return minimum == 0 && maximum == GrammarBuilder.Unlimited ? _builder.String : _builder.Text(minimum, maximum);
    }

    private GrammarRule Number(JsonElement schema, bool isInteger)
    {
        var (low, high) = (Bound(schema, "minimum"), Bound(schema, "maximum"));
        if (isInteger && low is { } from && high is { } to && to - from < MaxEnumerated && Math.Abs(from) < 1e15)
        {
            List<byte[]> numbers = [];
            for (var number = (long)Math.Ceiling(from); number <= to; number++) numbers.Add(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
            return _builder.OneOf(numbers);
        }

        // Other bounds only limit the sign and the digits.
        var largest = Math.Max(Math.Abs(low ?? double.MaxValue), Math.Abs(high ?? double.MaxValue));
        var digits = isInteger && largest < 1e17 ? largest.ToString("F0", CultureInfo.InvariantCulture).Length : 18;
        return _builder.Number(isInteger, allowNegative: low is not >= 0, digits);
    }

    private static double? Bound(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var bound) ? bound : null;

    // Limits beyond what is worth unrolling are given up: the maximum is then not enforced.
    private static (int Minimum, int Maximum) Limits(JsonElement schema, string minimumKeyword, string maximumKeyword)
    {
        var minimum = Bound(schema, minimumKeyword) ?? 0;
        var maximum = Bound(schema, maximumKeyword) ?? double.PositiveInfinity;
        if (minimum > maximum) throw new GemmaSchemaException($"The JSON schema's {minimumKeyword} is greater than its {maximumKeyword}.");
        return ((int)Math.Clamp(minimum, 0, MaxUnrolled), maximum > MaxUnrolled ? GrammarBuilder.Unlimited : (int)Math.Max(0, maximum));
    }

    private static string Text(JsonElement value, string keyword) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new GemmaSchemaException($"The JSON schema's '{keyword}' must be a string, not {value.GetRawText()}.");

    private static List<JsonElement> Items(JsonElement value, string keyword) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw new GemmaSchemaException($"The JSON schema's '{keyword}' must be an array.");

    private static byte[] Json(string text)
    {
        var json = new StringBuilder();
        SpacedJson.AppendString(json, text);
        return Encoding.UTF8.GetBytes(json.ToString());
    }

    private static byte[] Json(JsonElement value)
    {
        var json = new StringBuilder();
        SpacedJson.Append(json, value);
        return Encoding.UTF8.GetBytes(json.ToString());
    }
}
