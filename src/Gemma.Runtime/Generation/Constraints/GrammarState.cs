namespace Gemma.Runtime.Generation.Constraints;

/// <summary>A state inside a rule: a nondeterministic automaton over bytes that can also call rules.</summary>
internal sealed class GrammarState
{
    /// <summary>The cost of what cannot be completed.</summary>
    public const int Impossible = 1 << 28;

    /// <summary>Moves over a byte of a range.</summary>
    public List<(byte Low, byte High, GrammarState Target)> Bytes { get; } = [];

    /// <summary>Moves over nothing.</summary>
    public List<GrammarState> Empty { get; } = [];

    /// <summary>Moves over all that a rule describes.</summary>
    public List<(GrammarRule Rule, GrammarState Return)> Calls { get; } = [];

    /// <summary>Whether the rule may end here.</summary>
    public bool IsFinal { get; set; }

    /// <summary>How many UTF-16 units of plain text (no quotes, escapes or control characters) may follow here in any order; 0 where text is not free.</summary>
    public int FreeText { get; set; }

    /// <summary>The fewest bytes from here to the rule's end.</summary>
    public int Cost { get; set; } = Impossible;

    /// <summary>How many objects and arrays those bytes nest.</summary>
    public int Depth { get; set; }

    /// <summary>Whether nothing can follow but the rule's end.</summary>
    public bool IsEnd => IsFinal && Bytes.Count == 0 && Empty.Count == 0 && Calls.Count == 0;
}
