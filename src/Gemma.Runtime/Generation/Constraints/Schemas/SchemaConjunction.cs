namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Schemas that must all hold, with all that they refer to, and choices that are still to be made. Immutable.</summary>
internal sealed class SchemaConjunction
{
    private readonly HashSet<SchemaNode> _known;
    private readonly HashSet<SchemaNode> _choosing;

    private SchemaConjunction(HashSet<SchemaNode> known, HashSet<SchemaNode> choosing, IReadOnlyList<SchemaNode> schemas, IReadOnlyList<SchemaChoice> choices,
        bool isImpossible) =>
        (_known, _choosing, Schemas, Choices, IsImpossible) = (known, choosing, schemas, choices, isImpossible);

    /// <summary>Nothing that must hold.</summary>
    public static SchemaConjunction Empty { get; } = new([], [], [], [], false);

    /// <summary>The schemas, each without what it refers to.</summary>
    public IReadOnlyList<SchemaNode> Schemas { get; }

    /// <summary>The choices that are still to be made.</summary>
    public IReadOnlyList<SchemaChoice> Choices { get; }

    /// <summary>Whether one of the schemas is <c>false</c>, or refers to nothing but itself.</summary>
    public bool IsImpossible { get; }

    /// <summary>Whether a choice was made.</summary>
    public bool IsChosen => _choosing.Count > 0;

    /// <summary>What the schemas say.</summary>
    public IEnumerable<SchemaKeywords> Keywords => Schemas.Select(schema => schema.Keywords);

    /// <summary>With more schemas.</summary>
    public SchemaConjunction And(IEnumerable<SchemaNode> nodes) => Add(nodes, [.. Choices], [.. _choosing]);

    /// <summary>With one alternative of the first choice.</summary>
    public SchemaConjunction Choose(SchemaNode alternative) => Add([alternative], [.. Choices.Skip(1)], [.. _choosing, Choices[0].Owner]);

    private SchemaConjunction Add(IEnumerable<SchemaNode> nodes, List<SchemaChoice> choices, HashSet<SchemaNode> choosing)
    {
        HashSet<SchemaNode> known = [.. _known];
        List<SchemaNode> schemas = [.. Schemas];
        HashSet<SchemaNode> path = [];
        var isImpossible = IsImpossible;
        var open = new Stack<(SchemaNode Node, bool IsLeft)>(nodes.Reverse().Select(node => (node, false)));
        while (open.TryPop(out var next))
        {
            if (next.IsLeft)
            {
                path.Remove(next.Node);
                continue;
            }

            if (choosing.Contains(next.Node)) throw next.Node.Error("nests alternatives in themselves without end");
            isImpossible |= next.Node.IsFalse || path.Contains(next.Node);
            if (!known.Add(next.Node) || next.Node.IsTrue || next.Node.IsFalse) continue;
            schemas.Add(next.Node);
            choices.AddRange(next.Node.Keywords.Choices);
            path.Add(next.Node);
            open.Push((next.Node, true));
            for (var i = next.Node.Keywords.Also.Count - 1; i >= 0; i--) open.Push((next.Node.Keywords.Also[i], false));
        }

        return new SchemaConjunction(known, choosing, schemas, choices, isImpossible);
    }
}
