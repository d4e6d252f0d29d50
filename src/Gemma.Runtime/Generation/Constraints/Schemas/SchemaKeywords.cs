using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Numbers;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>What a schema says itself, keyword by keyword.</summary>
internal sealed class SchemaKeywords
{
    /// <summary>The types, or null if none are named.</summary>
    public SchemaTypes? Types { get; set; }

    /// <summary>The values of <c>enum</c> or <c>const</c>.</summary>
    public IReadOnlyList<JsonElement>? Values { get; set; }

    /// <summary>The limits of a number.</summary>
    public NumberRange? Range { get; set; }

    /// <summary>The fewest characters of a string.</summary>
    public int MinLength { get; set; }

    /// <summary>The most characters of a string.</summary>
    public int MaxLength { get; set; } = ICharacterAutomaton.Unlimited;

    /// <summary>Regular expressions that are found in a string.</summary>
    public List<string> Patterns { get; } = [];

    /// <summary>The items in front.</summary>
    public IReadOnlyList<SchemaNode> PrefixItems { get; set; } = [];

    /// <summary>The other items.</summary>
    public SchemaNode? Items { get; set; }

    /// <summary>The fewest items.</summary>
    public int MinItems { get; set; }

    /// <summary>The most items.</summary>
    public int MaxItems { get; set; } = ICharacterAutomaton.Unlimited;

    /// <summary>Whether no two items may be equal.</summary>
    public bool UniqueItems { get; set; }

    /// <summary>The declared properties, or null if the schema does not speak of any.</summary>
    public IReadOnlyDictionary<string, SchemaNode>? Properties { get; set; }

    /// <summary>The names of the declared properties in their order.</summary>
    public IReadOnlyList<string> PropertyOrder { get; set; } = [];

    /// <summary>Properties by patterns of their names.</summary>
    public IReadOnlyList<(string Pattern, SchemaNode Value)> PatternProperties { get; set; } = [];

    /// <summary>The other properties, or null if the schema does not speak of them.</summary>
    public SchemaNode? AdditionalProperties { get; set; }

    /// <summary>The names of properties.</summary>
    public SchemaNode? PropertyNames { get; set; }

    /// <summary>The names that must be there.</summary>
    public IReadOnlyList<string> Required { get; set; } = [];

    /// <summary>The fewest properties.</summary>
    public int MinProperties { get; set; }

    /// <summary>The most properties.</summary>
    public int MaxProperties { get; set; } = ICharacterAutomaton.Unlimited;

    /// <summary>Schemas that must hold as well: <c>$ref</c> and <c>allOf</c>.</summary>
    public List<SchemaNode> Also { get; } = [];

    /// <summary>Schemas of which one must hold.</summary>
    public List<SchemaChoice> Choices { get; } = [];

    /// <summary>The schema that must not hold.</summary>
    public SchemaNode? Not { get; set; }

    /// <summary>The types that the keywords speak of.</summary>
    public SchemaTypes Hints { get; set; }
}
