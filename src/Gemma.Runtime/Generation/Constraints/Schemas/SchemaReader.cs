using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Numbers;
using Gemma.Runtime.Generation.Constraints.Patterns;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>
/// Reads the keywords of one schema, in the spelling of any draft. What is not a keyword of JSON Schema is an annotation and says nothing; a keyword that
/// asserts something and cannot be enforced is refused.
/// </summary>
internal sealed class SchemaReader
{
    private readonly SchemaDocument _document;
    private readonly SchemaNode _node;
    private readonly SchemaKeywords _keywords = new();

    private SchemaReader(SchemaDocument document, SchemaNode node) => (_document, _node) = (document, node);

    /// <summary>The keywords of a schema.</summary>
    /// <exception cref="GemmaSchemaException">It is no schema, or has a keyword that cannot be enforced.</exception>
    public static SchemaKeywords Read(SchemaDocument document, SchemaNode node)
    {
        if (node.IsTrue || node.IsFalse) return new SchemaKeywords();
        if (node.Element.ValueKind != JsonValueKind.Object)
            throw node.Error($"holds {node.Element.ValueKind} where a schema is expected; a schema is an object, true or false");
        var reader = new SchemaReader(document, node);
        foreach (var keyword in node.Element.EnumerateObject())
        {
            document.Budget.Step();
            reader.Read(keyword.Name, keyword.Value);
        }

        reader.Check();
        return reader._keywords;
    }

    private void Read(string keyword, JsonElement value)
    {
        var k = _keywords;
        switch (keyword)
        {
            case "$ref":
                k.Also.Add(_document.Resolve(_node, Text(value, keyword)));
                break;
            case "$recursiveRef" when value.ValueEquals("#"):
                k.Also.Add(_document.Resolve(_node, "#"));
                break;
            case "allOf":
                k.Also.AddRange(Schemas(value, keyword));
                break;
            case "anyOf" or "oneOf":
                k.Choices.Add(new SchemaChoice(_node, Schemas(value, keyword), keyword == "oneOf"));
                break;
            case "not":
                k.Not = Child(keyword);
                break;
            case "type":
                k.Types = value.ValueKind == JsonValueKind.Array
                    ? value.EnumerateArray().Aggregate(SchemaTypes.None, (types, type) => types | Type(type))
                    : Type(value);
                break;
            case "enum":
                k.Values = Items(value, keyword);
                break;
            case "const":
                k.Values = [value];
                break;
            case "dependentRequired" or "dependentSchemas" or "dependencies":
                Dependencies(value, keyword);
                break;
            case "if":
                if (_node.Child("then") is not null || _node.Child("else") is not null) _document.Refuse(_node, keyword);
                break;
            case "contains" or "$dynamicRef" or "$recursiveRef" or "unevaluatedItems" or "extends" or "disallow" or "divisibleBy":
                _document.Refuse(_node, keyword);
                break;
            case "unevaluatedProperties" when value.ValueKind != JsonValueKind.True:
                // Where nothing speaks of other properties there are none.
                if (value.ValueKind != JsonValueKind.False || _node.Child("additionalProperties") is not null) _document.Refuse(_node, keyword);
                break;
            default:
                if (!ReadNumber(keyword, value) && !ReadString(keyword, value) && !ReadArray(keyword, value)) ReadObject(keyword, value);
                break;
        }
    }

    private bool ReadNumber(string keyword, JsonElement value)
    {
        NumberRange? range = keyword switch
        {
            // Draft 4 has a flag beside the limit.
            "exclusiveMinimum" or "exclusiveMaximum" when value.ValueKind is JsonValueKind.True or JsonValueKind.False => new NumberRange(IsInteger: false),
            "minimum" => new NumberRange(IsInteger: false, Low: Number(value, keyword), IsLowExclusive: Flag("exclusiveMinimum")),
            "maximum" => new NumberRange(IsInteger: false, High: Number(value, keyword), IsHighExclusive: Flag("exclusiveMaximum")),
            "exclusiveMinimum" => new NumberRange(IsInteger: false, Low: Number(value, keyword), IsLowExclusive: true),
            "exclusiveMaximum" => new NumberRange(IsInteger: false, High: Number(value, keyword), IsHighExclusive: true),
            "multipleOf" =>
                Number(value, keyword) is > 0 and var multiple
                    ? new NumberRange(IsInteger: false, Multiple: multiple)
                    : throw _node.Error("has a 'multipleOf' that is not above 0"),
            _ => null,
        };
        if (range is null) return false;
        _keywords.Hints |= SchemaTypes.Number;
        Narrow(range);
        return true;
    }

    private bool ReadString(string keyword, JsonElement value)
    {
        switch (keyword)
        {
            case "minLength":
                _keywords.MinLength = Count(value, keyword);
                break;
            case "maxLength":
                _keywords.MaxLength = Count(value, keyword);
                break;
            case "pattern":
                _keywords.Patterns.Add(Text(value, keyword));
                break;
            case "contentEncoding":
                if (StringFormats.Encoding(Text(value, keyword)) is { } encoding) _keywords.Patterns.Add(encoding);
                else if (value.GetString() is not ("7bit" or "8bit" or "binary")) _document.Refuse(_node, keyword, value.GetString());
                break;
            case "format":
                return ReadFormat(Text(value, keyword));
            default:
                return false;
        }

        _keywords.Hints |= SchemaTypes.String;
        return true;
    }

    private bool ReadFormat(string format)
    {
        if (NumberFormats.Range(format) is { } range)
        {
            Narrow(range);
            return true;
        }

        if (StringFormats.Pattern(format) is { } pattern) _keywords.Patterns.Add(pattern);
        else if (!StringFormats.IsAnnotation(format) && !NumberFormats.IsAnnotation(format)) _document.Refuse(_node, "format", format);
        if (!NumberFormats.IsAnnotation(format)) _keywords.Hints |= SchemaTypes.String;
        return true;
    }

    private bool ReadArray(string keyword, JsonElement value)
    {
        switch (keyword)
        {
            case "prefixItems":
                _keywords.PrefixItems = Schemas(value, keyword);
                break;
            case "items" when value.ValueKind == JsonValueKind.Array:
                _keywords.PrefixItems = Schemas(value, keyword);
                _keywords.Items = Child("additionalItems");
                break;
            case "items":
                _keywords.Items = Child(keyword);
                break;
            case "minItems":
                _keywords.MinItems = Count(value, keyword);
                break;
            case "maxItems":
                _keywords.MaxItems = Count(value, keyword);
                break;
            case "uniqueItems":
                _keywords.UniqueItems = value.ValueKind == JsonValueKind.True;
                break;
            default:
                return false;
        }

        _keywords.Hints |= SchemaTypes.Array;
        return true;
    }

    private void ReadObject(string keyword, JsonElement value)
    {
        switch (keyword)
        {
            case "properties":
                if (value.ValueKind != JsonValueKind.Object) throw _node.Error("has 'properties' that are no object");
                var properties = _document.Children(Child(keyword)!).DistinctBy(property => property.Name).ToList();
                _keywords.PropertyOrder = [.. properties.Select(property => property.Name)];
                _keywords.Properties = properties.ToDictionary(property => property.Name, property => property.Node);
                break;
            case "patternProperties":
                if (value.ValueKind != JsonValueKind.Object) throw _node.Error("has 'patternProperties' that are no object");
                _keywords.PatternProperties = [.. _document.Children(Child(keyword)!).DistinctBy(property => property.Name)];
                break;
            case "additionalProperties":
                _keywords.AdditionalProperties = Child(keyword);
                break;
            case "propertyNames":
                _keywords.PropertyNames = Child(keyword);
                break;
            case "required" when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False):
                _keywords.Required = [.. Items(value, keyword).Select(name => Text(name, keyword)).Distinct()];
                break;
            case "minProperties":
                _keywords.MinProperties = Count(value, keyword);
                break;
            case "maxProperties":
                _keywords.MaxProperties = Count(value, keyword);
                break;
            default:
                return;
        }

        _keywords.Hints |= SchemaTypes.Object;
    }

    private void Check()
    {
        if (_keywords.Types is { } types && _node.Element.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True)
            _keywords.Types = types | SchemaTypes.Null;
        CheckOrder(_keywords.MinLength, _keywords.MaxLength, "minLength", "maxLength");
        CheckOrder(_keywords.MinItems, _keywords.MaxItems, "minItems", "maxItems");
        CheckOrder(_keywords.MinProperties, _keywords.MaxProperties, "minProperties", "maxProperties");
        if (_keywords.Range is { IsEmpty: true }) throw _node.Error("contradicts itself: its minimum is greater than its maximum");
    }

    private void CheckOrder(int minimum, int maximum, string minimumKeyword, string maximumKeyword)
    {
        if (minimum > maximum) throw _node.Error($"contradicts itself: its {minimumKeyword} is greater than its {maximumKeyword}");
    }

    private void Narrow(NumberRange range) => _keywords.Range = _keywords.Range is null ? range : _keywords.Range.Intersect(range);

    // If a property is there, others are there as well, or a schema holds.
    private void Dependencies(JsonElement value, string keyword)
    {
        if (value.ValueKind != JsonValueKind.Object) throw _node.Error($"has '{keyword}' that are no object");
        foreach (var dependency in value.EnumerateObject())
        {
            var absent = _document.Synthetic(_node, $"{keyword}/~absent/{dependency.Name}", $"{{\"properties\":{{{JsonText.Of(dependency.Name)}:false}}}}");
            var present = dependency.Value.ValueKind == JsonValueKind.Array
                ? _document.Synthetic(_node, $"{keyword}/~present/{dependency.Name}", $"{{\"required\":{dependency.Value.GetRawText()}}}")
                : Child(keyword)!.Child(dependency.Name)!;
            _keywords.Choices.Add(new SchemaChoice(_node, [absent, present], IsExclusive: false));
        }

        _keywords.Hints |= SchemaTypes.Object;
    }

    private bool Flag(string keyword) => _node.Element.TryGetProperty(keyword, out var flag) && flag.ValueKind == JsonValueKind.True;

    private SchemaNode? Child(string keyword) => _node.Child(keyword);

    private List<SchemaNode> Schemas(JsonElement value, string keyword)
    {
        Items(value, keyword);
        return [.. _document.Children(Child(keyword)!).Select(child => child.Node)];
    }

    private SchemaTypes Type(JsonElement type) => Text(type, "type") switch
    {
        "object" => SchemaTypes.Object,
        "array" => SchemaTypes.Array,
        "string" => SchemaTypes.String,
        "integer" => SchemaTypes.Integer,
        "number" => SchemaTypes.Number,
        "boolean" => SchemaTypes.Boolean,
        "null" => SchemaTypes.Null,
        var other => throw _node.Error($"has the type '{other}'; JSON's types are object, array, string, number, integer, boolean and null"),
    };

    private int Count(JsonElement value, string keyword) => Number(value, keyword) is >= 0 and var count && count == decimal.Truncate(count)
        ? (int)decimal.Min(count, ICharacterAutomaton.Unlimited)
        : throw _node.Error($"has a '{keyword}' that is not a whole number of at least 0");

    private decimal Number(JsonElement value, string keyword)
    {
        if (value.ValueKind != JsonValueKind.Number) throw _node.Error($"has a '{keyword}' that is not a number");
        if (value.TryGetDecimal(out var number)) return number;

        // Beyond what a decimal holds nothing is limited.
        return value.GetDouble() < 0 ? decimal.MinValue : decimal.MaxValue;
    }

    private string Text(JsonElement value, string keyword) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw _node.Error($"has a '{keyword}' that is not a string");

    private List<JsonElement> Items(JsonElement value, string keyword) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw _node.Error($"has '{keyword}' that is no array");
}
