using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Rules for arrays.</summary>
internal sealed class ArraySchema(SchemaContext context, SchemaCompiler compiler)
{
    /// <summary>The rule of schemas that must all hold.</summary>
    public GrammarRule Rule(SchemaConjunction schemas)
    {
        var keywords = schemas.Keywords.ToList();
        var minimum = keywords.Select(part => part.MinItems).Append(0).Max();
        var maximum = keywords.Select(part => part.MaxItems).Append(ICharacterAutomaton.Unlimited).Min();
        if (minimum > maximum)
            return schemas.IsChosen ? context.Builder.OneOf() : throw schemas.Schemas[0].Error("contradicts itself: its minItems is greater than its maxItems");
        var prefix = keywords.Select(part => part.PrefixItems.Count).Append(0).Max();
        List<SchemaNode> items = [.. keywords.Select(part => part.Items).OfType<SchemaNode>()];
        if (keywords.Exists(part => part.UniqueItems) && maximum > 1)
        {
            if (prefix == 0 && Distinct(items) is { } distinct) return Unique(distinct, minimum, maximum);
            context.Document.Refuse(schemas.Schemas.First(schema => schema.Keywords.UniqueItems), "uniqueItems",
                "its items are not all strings, integers, booleans, null or enumerated");
        }

        var first = Enumerable.Range(0, Math.Min(prefix, maximum)).Select(i => compiler.Rule(keywords.SelectMany(part => At(part, i)).ToList())).ToList();
        var hasOthers = maximum > prefix && !items.Exists(item => item.IsFalse);
        return new ArrayGrammar(context.Json).Rule(first, hasOthers ? [compiler.Rule(items)] : [], minimum, maximum);
    }

    private static IEnumerable<SchemaNode> At(SchemaKeywords keywords, int index) =>
        index < keywords.PrefixItems.Count ? [keywords.PrefixItems[index]] : keywords.Items is { } items ? [items] : [];

    private GrammarRule Unique(List<GrammarRule> items, int minimum, int maximum)
    {
        // There are no more items than different values.
        Int128 total = 0;
        foreach (var item in items)
            if (item.Terminal is { } terminal) total += terminal.Count(terminal.Start);
        return new ArrayGrammar(context.Json).Rule([], items, minimum, (int)Int128.Min(maximum, total));
    }

    // The items as terminals, which can tell equal texts; null if they are something else.
    private List<GrammarRule>? Distinct(List<SchemaNode> items)
    {
        var schemas = SchemaConjunction.Empty.And(items);
        if (schemas.IsImpossible) return [];
        if (schemas.Keywords.Any(keywords => keywords.Values is not null)) return Enumerated(schemas);
        var types = SchemaCompiler.TypesOf(context, schemas);
        if (schemas.Choices.Count > 0 || (types & (SchemaTypes.Object | SchemaTypes.Array | SchemaTypes.Fraction)) != 0) return null;
        return [.. ScalarSchema.Rules(context, schemas, types, isDistinct: true)];
    }

    private List<GrammarRule>? Enumerated(SchemaConjunction schemas)
    {
        var values = EnumeratedValues.Of(context, schemas);

        // What has parts may be equal in other spellings.
        if (values.Exists(value => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)) return null;
        List<JsonElement> different = [];
        foreach (var value in values)
            if (!different.Exists(other => JsonElement.DeepEquals(other, value))) different.Add(value);
        return context.Json.Values(different, isDistinct: true);
    }
}
