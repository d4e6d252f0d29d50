namespace Gemma.Runtime.Generation.Constraints;

/// <summary>A state with the calls it stands in: the stack of a pushdown automaton as a list that shares its tails. Equal frames of one automaton are the same object.</summary>
internal sealed class StackFrame(GrammarState state, StackFrame? caller, int depth, int id)
{
    /// <summary>The state.</summary>
    public GrammarState State => state;

    /// <summary>Where to go on after the rule's end; null if that ends the text.</summary>
    public StackFrame? Caller => caller;

    /// <summary>How many objects and arrays are open.</summary>
    public int Depth => depth;

    /// <summary>The number of the frame in its automaton.</summary>
    public int Id => id;

    /// <summary>The fewest bytes to the end of the text.</summary>
    public int Cost { get; } = Math.Min(GrammarState.Impossible, state.Cost + (caller?.Cost ?? 0));
}
