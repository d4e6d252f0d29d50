using Gemma.Runtime.Generation.Constraints.Numbers;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Whether no value follows two schemas at once, as <c>oneOf</c> demands of its alternatives.</summary>
internal static class SchemaDisjointness
{
    private const int MaxDepth = 3;

    /// <summary>Refuses <c>oneOf</c> where two alternatives may hold at once.</summary>
    public static void Check(SchemaContext context, SchemaConjunction schemas)
    {
        var choice = schemas.Choices[0];
        List<SchemaConjunction> alternatives = [.. choice.Alternatives.Select(schemas.Choose)];
        for (var i = 0; i < alternatives.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                context.Budget.Step();
                if (AreDisjoint(context, alternatives[i], alternatives[j], 0)) continue;
                context.Document.Refuse(choice.Owner, "oneOf",
                    $"alternatives {j} and {i} may hold at once; use anyOf, or give both a property with different constants");
                return;
            }
        }
    }

    private static bool AreDisjoint(SchemaContext context, SchemaConjunction a, SchemaConjunction b, int depth)
    {
        if (a.IsImpossible || b.IsImpossible) return true;
        if (Values(context, a, b) || Values(context, b, a)) return true;
        if (a.Keywords.Any(part => part.Values is not null) && b.Keywords.Any(part => part.Values is not null)) return false;

        // A choice that is still open is one of several: all of them must be disjoint.
        if (Open(a) is { } ofA) return ofA.All(alternative => AreDisjoint(context, alternative, b, depth));
        if (Open(b) is { } ofB) return ofB.All(alternative => AreDisjoint(context, a, alternative, depth));
        var common = SchemaCompiler.TypesOf(context, a) & SchemaCompiler.TypesOf(context, b);
        if (common == SchemaTypes.None) return true;
        if ((common & ~SchemaTypes.Number) == 0) return Range(a) is { } rangeA && Range(b) is { } rangeB && rangeA.Intersect(rangeB) is { IsEmpty: true };
        return common == SchemaTypes.Object && depth < MaxDepth && HaveDisjointProperty(context, a, b, depth);
    }

    private static IEnumerable<SchemaConjunction>? Open(SchemaConjunction schemas) =>
        schemas.Choices.Count == 0 ? null : schemas.Choices[0].Alternatives.Select(schemas.Choose);

    // Whether none of the values that one enumerates follows the other.
    private static bool Values(SchemaContext context, SchemaConjunction a, SchemaConjunction b)
    {
        if (!a.Keywords.Any(part => part.Values is not null)) return false;
        var validator = new SchemaValidator(context);
        return EnumeratedValues.Of(context, a).TrueForAll(value => !b.Schemas.All(schema => validator.IsValid(value, schema)));
    }

    private static NumberRange? Range(SchemaConjunction schemas) =>
        schemas.Keywords.Select(part => part.Range).OfType<NumberRange>()
            .Aggregate((NumberRange?)new NumberRange(IsInteger: false), (all, part) => all?.Intersect(part));

    // A property that one demands and the other never has, or that both demand with values that exclude each other.
    private static bool HaveDisjointProperty(SchemaContext context, SchemaConjunction a, SchemaConjunction b, int depth)
    {
        foreach (var name in a.Keywords.Concat(b.Keywords).SelectMany(part => part.Required).Distinct())
        {
            var (ofA, ofB) = (Property(a, name), Property(b, name));
            if (ofA.IsImpossible || ofB.IsImpossible) return true;
            if (IsRequired(a, name) && IsRequired(b, name) && AreDisjoint(context, ofA, ofB, depth + 1)) return true;
        }

        return false;
    }

    private static bool IsRequired(SchemaConjunction schemas, string name) => schemas.Keywords.Any(part => part.Required.Contains(name));

    private static SchemaConjunction Property(SchemaConjunction schemas, string name) => SchemaConjunction.Empty.And(schemas.Keywords.Select(part =>
        part.Properties is { } properties && properties.TryGetValue(name, out var own)
            ? own
            : part.PatternProperties.Count == 0 ? part.AdditionalProperties : null).OfType<SchemaNode>());
}
