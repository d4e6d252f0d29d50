using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Rules for objects.</summary>
internal sealed class ObjectSchema(SchemaContext context, SchemaCompiler compiler, ObjectBrackets brackets)
{
    private const int MaxPatterns = 3;

    /// <summary>The rule of schemas that must all hold.</summary>
    public GrammarRule Rule(SchemaConjunction schemas)
    {
        var keywords = schemas.Keywords.ToList();
        var names = new PropertyNames(context, keywords);
        var minimum = keywords.Select(part => part.MinProperties).Append(0).Max();
        var maximum = keywords.Select(part => part.MaxProperties).Append(ICharacterAutomaton.Unlimited).Min();
        if (minimum > maximum)
        {
            return schemas.IsChosen
                ? context.Builder.OneOf()
                : throw schemas.Schemas[0].Error("contradicts itself: its minProperties is greater than its maxProperties");
        }
        HashSet<string> required = [.. keywords.SelectMany(part => part.Required)];
        HashSet<string> absent = [.. keywords.Where(part => part.Not is not null).SelectMany(part => SchemaExclusion.Read(context.Document, part.Not!).Names)];
        List<ObjectMember> members = [];
        HashSet<string> declared = [.. keywords.SelectMany(part => part.PropertyOrder).Concat(names.Enumerated ?? [])
            .Concat(keywords.SelectMany(part => part.Required))];
        foreach (var name in declared)
        {
            var value = absent.Contains(name) || !names.Allows(name)
                ? context.Builder.OneOf()
                : compiler.Rule([.. keywords.SelectMany(part => Schemas(part, name))]);
            members.Add(new ObjectMember(context.Json.DeclaredName(name, brackets), value, required.Contains(name)));
        }

        return new ObjectGrammar(context.Json, brackets)
            .Rule(members, names.Enumerated is null ? [.. Others(schemas, keywords, [.. declared, .. absent], names)] : [], minimum, maximum);
    }

    // What one of the schemas says of a property.
    private IEnumerable<SchemaNode> Schemas(SchemaKeywords keywords, string name)
    {
        var isNamed = false;
        if (keywords.Properties is { } properties && properties.TryGetValue(name, out var own))
        {
            yield return own;
            isNamed = true;
        }

        foreach (var (pattern, value) in keywords.PatternProperties)
        {
            if (!Matches(name, pattern, value)) continue;
            yield return value;
            isNamed = true;
        }

        if (!isNamed && keywords.AdditionalProperties is { } additional) yield return additional;
    }

    private bool Matches(string name, string pattern, SchemaNode value)
    {
        if (context.Pattern(pattern, isFound: true).Accepts(name)) return true;
        if (!context.Pattern(pattern, isFound: false).Accepts(name))
            context.Document.Refuse(value, "patternProperties", $"dialects disagree whether '{pattern}' is found in '{name}'");
        return false;
    }

    // Other properties, by the patterns that their names follow.
    private IEnumerable<(GrammarRule Name, GrammarRule Value)> Others(SchemaConjunction schemas, List<SchemaKeywords> keywords, HashSet<string> declared,
        PropertyNames names)
    {
        var patterns = keywords.SelectMany(part => part.PatternProperties).ToList();
        if (patterns.Count > MaxPatterns)
        {
            context.Document.Refuse(schemas.Schemas.First(schema => schema.Keywords.PatternProperties.Count > 0), "patternProperties",
                $"there are more than {MaxPatterns}");
        }
        patterns = [.. patterns.Take(MaxPatterns)];
        var isOpen = keywords.Exists(part => part.AdditionalProperties is not null)
            || (patterns.Count == 0 && !keywords.Exists(part => part.Properties is not null || part.Required.Count > 0));
        Dfa? others = declared.Count == 0 ? null : DfaBuilder.Complement(DfaBuilder.OneOf(declared, context.Budget), context.Budget);
        for (var set = isOpen ? 0 : 1; set < 1 << patterns.Count; set++)
        {
            var name = others;
            for (var i = 0; i < patterns.Count; i++)
            {
                var part = context.Pattern(patterns[i].Pattern, isFound: (set & (1 << i)) != 0);
                name = name is null ? part : DfaBuilder.Intersect(name, part, context.Budget);
            }

            List<SchemaNode> values = [];
            foreach (var part in keywords)
            {
                var own = part.PatternProperties.Where(pattern => patterns.FindIndex(other => other.Value == pattern.Value) is >= 0 and var index
                    && (set & (1 << index)) != 0).Select(pattern => pattern.Value).ToList();
                values.AddRange(own.Count > 0 ? own : part.AdditionalProperties is { } additional ? [additional] : []);
            }

            if (!values.Exists(value => value.IsFalse)) yield return (names.Rule(name, brackets), compiler.Rule(values));
        }
    }
}
