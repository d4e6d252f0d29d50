using System.Globalization;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Numbers;
using Gemma.Runtime.Generation.Constraints.Patterns;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Rules for strings, numbers, true, false and null.</summary>
internal static class ScalarSchema
{
    /// <summary>The rules of some types.</summary>
    /// <param name="context">What the compilation shares.</param>
    /// <param name="schemas">The schemas, all of which must hold.</param>
    /// <param name="types">The types.</param>
    /// <param name="isDistinct">Whether no two values in an array may be equal.</param>
    public static IEnumerable<GrammarRule> Rules(SchemaContext context, SchemaConjunction schemas, SchemaTypes types, bool isDistinct)
    {
        var excluded = schemas.Keywords.Where(keywords => keywords.Not is not null).Select(keywords => SchemaExclusion.Read(context.Document, keywords.Not!))
            .ToList();
        if (types.HasFlag(SchemaTypes.String)) yield return context.Json.Text(StringLanguage.Build(context, schemas), isDistinct);
        if ((types & SchemaTypes.Number) != 0)
            yield return context.Builder.Text(Number(context, schemas, excluded, !types.HasFlag(SchemaTypes.Fraction)), null, isDistinct);
        var literals = (types.HasFlag(SchemaTypes.Boolean) ? ["true", "false"] : Array.Empty<string>()).Concat(types.HasFlag(SchemaTypes.Null) ? ["null"] : [])
            .Except(excluded.SelectMany(not => not.Values).Select(value => value.GetRawText())).ToList();
        if (literals.Count > 0) yield return context.Json.Literals(literals, isDistinct);
    }

    private static Dfa Number(SchemaContext context, SchemaConjunction schemas, List<SchemaExclusion> excluded, bool isInteger)
    {
        NumberRange? range = new(isInteger);
        foreach (var part in schemas.Keywords.Select(keywords => keywords.Range).OfType<NumberRange>()) range = range?.Intersect(part);
        if (range is null)
        {
            context.Document.Refuse(schemas.Schemas[0], "multipleOf", "several of them cannot be joined");
            range = new NumberRange(isInteger);
        }

        if (range.IsEmpty || range.Bounded().IsEmpty)
        {
            return schemas.IsChosen
                ? DfaBuilder.OneOf([], context.Budget)
                : throw schemas.Schemas[0].Error("contradicts itself: its minimum is greater than its maximum");
        }
        var numbers = NumberLanguage.Build(range, context.Budget);
        foreach (var number in excluded.SelectMany(not => not.Numbers))
        {
            // A number has many spellings with a fraction of zeros.
            var text = number.ToString("0.############################", CultureInfo.InvariantCulture).Replace(".", "\\.", StringComparison.Ordinal);
            numbers = DfaBuilder.Intersect(numbers,
                Pattern.NotFound(text.Contains('.', StringComparison.Ordinal) ? $"^{text}0*$|[eE]" : $@"^{text}(\.0*)?$|[eE]", context.Budget), context.Budget);
        }

        return numbers;
    }
}
