using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>What the parts of one compilation share.</summary>
internal sealed class SchemaContext(JsonGrammar json, SchemaDocument document)
{
    private readonly Dictionary<(string Pattern, bool IsFound), Dfa> _patterns = [];

    /// <summary>Rules that every grammar shares.</summary>
    public JsonGrammar Json => json;

    /// <summary>The document.</summary>
    public SchemaDocument Document => document;

    /// <summary>Makes the states.</summary>
    public GrammarBuilder Builder => json.Builder;

    /// <summary>Limits what is built.</summary>
    public CompilationBudget Budget => json.Builder.Budget;

    /// <summary>The texts in which a regular expression is found, or is not found.</summary>
    public Dfa Pattern(string pattern, bool isFound)
    {
        if (!_patterns.TryGetValue((pattern, isFound), out var dfa))
            _patterns[(pattern, isFound)] = dfa = isFound ? Patterns.Pattern.Found(pattern, Budget) : Patterns.Pattern.NotFound(pattern, Budget);
        return dfa;
    }
}
