using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>A state inside a rule: a nondeterministic automaton over bytes that can also call rules.</summary>
/// <param name="id">Its number in its grammar.</param>
internal sealed class GrammarState(int id)
{
    private GrammarEdge[] _edges = [];
    private int _count;

    /// <summary>The state's number in its grammar.</summary>
    public int Id => id;

    /// <summary>The moves.</summary>
    public ReadOnlySpan<GrammarEdge> Edges => _edges.AsSpan(0, _count);

    /// <summary>Whether the rule may end here.</summary>
    public bool IsFinal { get; set; }

    /// <summary>Whether plain text of any length may follow, and the rule may end after any of it.</summary>
    public bool IsFreeText { get; set; }

    /// <summary>The fewest bytes from here to the rule's end.</summary>
    public int Cost { get; set; } = ICharacterAutomaton.Impossible;

    /// <summary>How many objects and arrays those bytes nest.</summary>
    public int Depth { get; set; }

    /// <summary>The move that those bytes begin with; -1 for the rule's end.</summary>
    public int Best { get; set; } = -1;

    /// <summary>Whether nothing can follow but the rule's end.</summary>
    public bool IsEnd => IsFinal && _count == 0;

    /// <summary>Adds a move over a byte of a range.</summary>
    public void AddByte(byte low, byte high, GrammarState target) => Add(new GrammarEdge(target, null, low, high));

    /// <summary>Adds a move over nothing.</summary>
    public void AddEmpty(GrammarState target) => Add(new GrammarEdge(target, null, 1, 0));

    /// <summary>Adds a move over all that a rule describes.</summary>
    public void AddCall(GrammarRule rule, GrammarState target) => Add(new GrammarEdge(target, rule, 1, 0));

    private void Add(GrammarEdge edge)
    {
        if (_count == _edges.Length) Array.Resize(ref _edges, Math.Max(1, _count * 2));
        _edges[_count++] = edge;
    }
}
