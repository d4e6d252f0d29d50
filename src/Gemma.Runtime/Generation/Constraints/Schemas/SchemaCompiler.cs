using Gemma.Runtime.Generation.Constraints.Automata;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>
/// Compiles a JSON schema into a grammar. Schemas that must hold together are compiled as one: what refers to another schema, or is all of several, joins it;
/// what is one of several is tried with each.
/// Properties come in the order of their declaration; where a schema names properties and says nothing about others there are no others.
/// </summary>
internal sealed class SchemaCompiler
{
    private const int MaxNesting = 64;
    private readonly Dictionary<string, GrammarRule> _rules = [];
    private readonly SchemaContext _context;
    private int _nesting;

    /// <summary>Creates the compiler of a document.</summary>
    public SchemaCompiler(SchemaDocument document, JsonGrammar json) => _context = new SchemaContext(json, document);

    /// <summary>The rule of the whole document.</summary>
    /// <exception cref="GemmaSchemaException">The schema is malformed, contradicts itself, cannot be enforced, or is too large.</exception>
    public GrammarRule Compile() => Rule([_context.Document.Root]);

    /// <summary>The rule of a call's arguments, which are an object.</summary>
    /// <exception cref="GemmaSchemaException">The schema is malformed, contradicts itself, cannot be enforced, or is too large.</exception>
    public GrammarRule CompileArguments()
    {
        var root = _context.Document.Root;
        SchemaNode[] nodes = [root, _context.Document.Synthetic(root, "~arguments", "{\"type\":\"object\"}")];

        // What is written in another way as the whole is not what a reference to the whole means.
        return _context.Json.Notation.Whole is { } brackets ? Alternatives(SchemaConjunction.Empty.And(nodes), brackets) : Rule(nodes);
    }

    /// <summary>The rule of schemas that must all hold.</summary>
    public GrammarRule Rule(IReadOnlyList<SchemaNode> nodes)
    {
        if (nodes.All(node => node.IsTrue)) return _context.Json.Value;
        var key = string.Join(' ', nodes.Select(node => node.Id).Distinct().Order());
        if (_rules.TryGetValue(key, out var known)) return known;

        // The rule must be known before what it is made of, which may refer to it.
        var start = _context.Builder.State();
        var rule = _rules[key] = new GrammarRule(start, isContainer: false);
        if (++_nesting > MaxNesting) throw nodes[0].Error($"nests more than {MaxNesting} schemas in each other; move parts of it to $defs");
        start.AddCall(Alternatives(SchemaConjunction.Empty.And(nodes), _context.Json.Notation.Objects), _context.Builder.State(isFinal: true));
        _nesting--;
        return rule;
    }

    private GrammarRule Alternatives(SchemaConjunction schemas, ObjectBrackets brackets)
    {
        _context.Budget.AddState();
        if (schemas.IsImpossible) return _context.Builder.OneOf();
        if (schemas.Keywords.Any(keywords => keywords.Values is not null)) return Enumerated(schemas);
        if (schemas.Choices.Count == 0) return Typed(schemas, brackets);
        if (schemas.Choices[0].IsExclusive) SchemaDisjointness.Check(_context, schemas);
        List<GrammarRule> rules = [];
        foreach (var alternative in schemas.Choices[0].Alternatives) rules.Add(Alternatives(schemas.Choose(alternative), brackets));
        return _context.Builder.OneOf([.. rules]);
    }

    // Values are few: each is checked against all that the schemas say.
    private GrammarRule Enumerated(SchemaConjunction schemas)
    {
        var values = EnumeratedValues.Of(_context, schemas);
        if (values.Count == 0 && !schemas.IsChosen)
        {
            throw schemas.Schemas.First(schema => schema.Keywords.Values is not null)
                .Error("contradicts itself: no value of its enum or const follows its other keywords");
        }
        return _context.Builder.OneOf([.. _context.Json.Values(values)]);
    }

    private GrammarRule Typed(SchemaConjunction schemas, ObjectBrackets brackets)
    {
        var types = TypesOf(_context, schemas);
        if (types == SchemaTypes.None && !schemas.IsChosen) throw schemas.Schemas[0].Error("contradicts itself: its types exclude each other");
        List<GrammarRule> rules = [];
        if (types.HasFlag(SchemaTypes.Object)) rules.Add(new ObjectSchema(_context, this, brackets).Rule(schemas));
        if (types.HasFlag(SchemaTypes.Array)) rules.Add(new ArraySchema(_context, this).Rule(schemas));
        rules.AddRange(ScalarSchema.Rules(_context, schemas, types, isDistinct: false));
        return _context.Builder.OneOf([.. rules]);
    }

    /// <summary>The types that schemas leave.</summary>
    public static SchemaTypes TypesOf(SchemaContext context, SchemaConjunction schemas)
    {
        var types = schemas.Keywords.Aggregate(SchemaTypes.All, (all, keywords) => all & (keywords.Types ?? SchemaTypes.All));

        // Whoever names limits of strings means strings.
        if (types == SchemaTypes.All && schemas.Keywords.Aggregate(SchemaTypes.None, (all, keywords) => all | keywords.Hints) is not SchemaTypes.None
            and var hints) types = hints;
        foreach (var not in schemas.Keywords.Select(keywords => keywords.Not).OfType<SchemaNode>()) types &= ~SchemaExclusion.Read(context.Document, not).Types;
        return types;
    }
}
