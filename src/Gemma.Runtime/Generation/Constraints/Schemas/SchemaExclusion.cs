using System.Text.Json;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>What a schema under <c>not</c> takes away, as far as that can be enforced.</summary>
/// <param name="Types">Types that are excluded as a whole.</param>
/// <param name="Values">Values that are excluded.</param>
/// <param name="Pattern">A regular expression that no string may hold, or null.</param>
/// <param name="Names">Properties that must not be there.</param>
internal sealed record SchemaExclusion(SchemaTypes Types, IReadOnlyList<JsonElement> Values, string? Pattern, IReadOnlyList<string> Names)
{
    private static readonly SchemaExclusion None = new(SchemaTypes.None, [], null, []);

    /// <summary>The excluded strings.</summary>
    public IReadOnlyList<string> Texts => [.. Values.Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)];

    /// <summary>The excluded numbers.</summary>
    public IReadOnlyList<decimal> Numbers =>
        [.. Values.Where(value => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out _)).Select(value => value.GetDecimal())];

    /// <summary>Reads the schema under <c>not</c>.</summary>
    /// <exception cref="GemmaSchemaException">It says more than what can be taken away.</exception>
    public static SchemaExclusion Read(SchemaDocument document, SchemaNode not)
    {
        var schemas = SchemaConjunction.Empty.And([not]);
        if (schemas.IsImpossible) return None;
        var asserting = schemas.Schemas.Where(schema => schema.Keywords is not { Types: null, Hints: SchemaTypes.None, Values: null, Not: null }).ToList();
        if (schemas.Choices.Count == 0 && asserting is [var only] && Of(only.Keywords) is { } exclusion) return exclusion;
        document.Refuse(not.Parent ?? not, "not", "only a type, values, one pattern or one property can be excluded");
        return None;
    }

    private static SchemaExclusion? Of(SchemaKeywords keywords)
    {
        if (keywords.Not is not null) return null;
        if (keywords.Values is { } values)
        {
            return keywords.Hints != SchemaTypes.None || values.Any(value => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                ? null
                : None with { Values = values };
        }
        if (keywords.Hints == SchemaTypes.None) return keywords.Types is { } types ? None with { Types = types } : null;
        if (keywords is { Hints: SchemaTypes.String, Patterns: [var pattern], MinLength: 0, MaxLength: int.MaxValue, Types: null or SchemaTypes.String })
            return None with { Pattern = pattern };
        return keywords is
        {
            Hints: SchemaTypes.Object, Required: [var name], Properties: null, AdditionalProperties: null, PropertyNames: null,
            MinProperties: 0, PatternProperties.Count: 0
        } ? None with { Names = [name] } : null;
    }
}
