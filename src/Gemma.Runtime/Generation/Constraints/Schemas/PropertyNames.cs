using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>What schemas say of the names of properties.</summary>
internal sealed class PropertyNames
{
    private readonly SchemaContext _context;
    private readonly SchemaConjunction _schemas;

    /// <summary>Reads the keywords of an object.</summary>
    public PropertyNames(SchemaContext context, IEnumerable<SchemaKeywords> keywords)
    {
        _context = context;
        _schemas = SchemaConjunction.Empty.And(keywords.Select(part => part.PropertyNames).OfType<SchemaNode>());
        if (_schemas.Choices.Count > 0) context.Document.Refuse(_schemas.Choices[0].Owner, "propertyNames", "its names are one of several schemas");
        if (_schemas.Keywords.Any(part => part.Values is not null))
        {
            Enumerated = [.. EnumeratedValues.Of(context, _schemas).Where(value => value.ValueKind == JsonValueKind.String)
                .Select(value => value.GetString()!)];
        }
    }

    /// <summary>The only names there may be, or null.</summary>
    public IReadOnlyList<string>? Enumerated { get; }

    /// <summary>Whether a property may have a name.</summary>
    public bool Allows(string name)
    {
        if (_schemas.IsImpossible) return false;
        if (_schemas.Schemas.Count == 0) return true;
        using var value = JsonDocument.Parse(JsonText.Of(name));
        var validator = new SchemaValidator(_context);
        return _schemas.Schemas.All(schema => validator.IsValid(value.RootElement, schema));
    }

    /// <summary>The names, each other than those before it.</summary>
    /// <param name="others">What else limits them, or null.</param>
    /// <param name="brackets">How the object is written.</param>
    public GrammarRule Rule(Dfa? others, ObjectBrackets brackets)
    {
        if (_schemas.IsImpossible) return _context.Builder.OneOf();
        if (_schemas.Schemas.Count == 0 && others is null && brackets == _context.Json.Notation.Objects) return _context.Json.Name;
        return _context.Json.PropertyName(_schemas.Schemas.Count == 0 ? others : StringLanguage.Build(_context, _schemas, others), brackets);
    }
}
