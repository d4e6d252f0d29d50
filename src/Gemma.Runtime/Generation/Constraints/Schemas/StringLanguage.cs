using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>The strings that schemas allow: lengths, patterns, formats, and texts that are excluded.</summary>
internal static class StringLanguage
{
    /// <summary>The automaton of the strings.</summary>
    /// <param name="context">What the compilation shares.</param>
    /// <param name="schemas">The schemas, all of which must hold.</param>
    /// <param name="excluded">What must not be, or null.</param>
    public static ICharacterAutomaton Build(SchemaContext context, SchemaConjunction schemas, Dfa? excluded = null)
    {
        List<Dfa> parts = [.. schemas.Keywords.SelectMany(keywords => keywords.Patterns).Distinct().Select(pattern => context.Pattern(pattern, isFound: true))];
        foreach (var not in schemas.Keywords.Where(keywords => keywords.Not is not null)
            .Select(keywords => SchemaExclusion.Read(context.Document, keywords.Not!)))
        {
            if (not.Pattern is { } pattern) parts.Add(context.Pattern(pattern, isFound: false));
            if (not.Texts.Count > 0) parts.Add(DfaBuilder.Complement(DfaBuilder.OneOf(not.Texts, context.Budget), context.Budget));
        }

        if (excluded is not null) parts.Add(excluded);
        var (minimum, maximum) = (schemas.Keywords.Select(keywords => keywords.MinLength).Append(0).Max(),
                schemas.Keywords.Select(keywords => keywords.MaxLength).Append(ICharacterAutomaton.Unlimited).Min());
        if (minimum > maximum) throw schemas.Schemas[0].Error("contradicts itself: its minLength is greater than its maxLength");
        var length = new LengthAutomaton(minimum, maximum);
        if (parts.Count == 0) return length;
        var result = parts.Skip(1).Aggregate(parts[0], (all, part) => DfaBuilder.Intersect(all, part, context.Budget));
        return minimum == 0 && maximum == ICharacterAutomaton.Unlimited ? result : DfaBuilder.Intersect(result, length, context.Budget);
    }
}
