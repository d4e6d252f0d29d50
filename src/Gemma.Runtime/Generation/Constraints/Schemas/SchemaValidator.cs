using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Numbers;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Says whether a value follows a schema: for the values that a schema enumerates, whose other keywords then choose among them.</summary>
/// <param name="context">What the compilation shares.</param>
/// <param name="source">The schema that enumerates the values, which is not asked again.</param>
internal sealed class SchemaValidator(SchemaContext context, SchemaNode? source = null)
{
    private const int MaxNesting = 64;
    private int _nesting;

    /// <summary>Whether a value follows a schema.</summary>
    public bool IsValid(JsonElement value, SchemaNode schema)
    {
        context.Budget.Step();
        if (schema.IsTrue || schema.IsFalse) return schema.IsTrue;
        if (++_nesting > MaxNesting) throw schema.Error("refers to itself without end");
        var keywords = schema.Keywords;
        var isValid = (TypeOf(value) & (keywords.Types ?? SchemaTypes.All)) != 0
            && (schema == source || keywords.Values is not { } values || IsOneOf(value, values))
            && keywords.Also.TrueForAll(part => IsValid(value, part))
            && keywords.Choices.TrueForAll(choice => choice.Alternatives.Count(part => IsValid(value, part)) is >= 1 and var count
                && (count == 1 || !choice.IsExclusive))
            && (keywords.Not is not { } not || !IsValid(value, not))
            && value.ValueKind switch
            {
                JsonValueKind.String => IsString(value.GetString()!, keywords),
                JsonValueKind.Number => keywords.Range is not { } range || IsNumber(value, range),
                JsonValueKind.Array => IsArray(value, keywords),
                JsonValueKind.Object => IsObject(value, keywords),
                _ => true,
            };
        _nesting--;
        return isValid;
    }

    private bool IsOneOf(JsonElement value, IReadOnlyList<JsonElement> values)
    {
        foreach (var other in values)
        {
            context.Budget.Step();
            if (JsonElement.DeepEquals(other, value)) return true;
        }

        return false;
    }

    private static SchemaTypes TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => SchemaTypes.Object,
        JsonValueKind.Array => SchemaTypes.Array,
        JsonValueKind.String => SchemaTypes.String,
        JsonValueKind.Number => !value.TryGetDecimal(out var number) || number == decimal.Truncate(number) ? SchemaTypes.Integer : SchemaTypes.Fraction,
        JsonValueKind.True or JsonValueKind.False => SchemaTypes.Boolean,
        _ => SchemaTypes.Null,
    };

    private bool IsString(string text, SchemaKeywords keywords)
    {
        var length = text.EnumerateRunes().Count();
        return length >= keywords.MinLength
            && length <= keywords.MaxLength
            && keywords.Patterns.TrueForAll(pattern => context.Pattern(pattern, isFound: true).Accepts(text));
    }

    private static bool IsNumber(JsonElement value, NumberRange range)
    {
        if (!value.TryGetDecimal(out var number)) return range is { Low: null, High: null, Multiple: null };
        return (range.Low is not { } low || number > low || (number == low && !range.IsLowExclusive))
            && (range.High is not { } high || number < high || (number == high && !range.IsHighExclusive))
            && (range.Multiple is not { } multiple || number % multiple == 0)
            && (!range.IsInteger || number == decimal.Truncate(number));
    }

    private bool IsArray(JsonElement value, SchemaKeywords keywords)
    {
        List<JsonElement> items = [.. value.EnumerateArray()];
        return items.Count >= keywords.MinItems && items.Count <= keywords.MaxItems
            && items.Select((item, index) => index < keywords.PrefixItems.Count
                ? IsValid(item, keywords.PrefixItems[index])
                : keywords.Items is not { } rest || IsValid(item, rest)).All(isValid => isValid)
            && (!keywords.UniqueItems || !items.Where((item, index) => items.Take(index).Any(other => JsonElement.DeepEquals(other, item))).Any());
    }

    private bool IsObject(JsonElement value, SchemaKeywords keywords)
    {
        List<JsonProperty> members = [.. value.EnumerateObject()];
        return members.Count >= keywords.MinProperties && members.Count <= keywords.MaxProperties
            && keywords.Required.All(name => members.Exists(member => member.NameEquals(name)))
            && members.TrueForAll(member => IsMember(member, keywords));
    }

    private bool IsMember(JsonProperty member, SchemaKeywords keywords)
    {
        if (keywords.PropertyNames is { } names && !IsValid(JsonElement.Parse(JsonText.Of(member.Name)), names)) return false;
        var isNamed = false;
        if (keywords.Properties is { } properties && properties.TryGetValue(member.Name, out var own))
        {
            if (!IsValid(member.Value, own)) return false;
            isNamed = true;
        }

        foreach (var (pattern, schema) in keywords.PatternProperties)
        {
            if (!context.Pattern(pattern, isFound: true).Accepts(member.Name)) continue;
            if (!IsValid(member.Value, schema)) return false;
            isNamed = true;
        }

        return isNamed || keywords.AdditionalProperties is not { } additional || IsValid(member.Value, additional);
    }
}
