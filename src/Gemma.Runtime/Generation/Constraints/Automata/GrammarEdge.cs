using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>A move of a grammar's state: over a byte of a range, over all that a rule describes, or over nothing.</summary>
/// <param name="Target">The state after it.</param>
/// <param name="Rule">The rule, or null.</param>
/// <param name="Low">The least byte.</param>
/// <param name="High">The greatest byte; below the least one, the move is over nothing.</param>
internal readonly record struct GrammarEdge(GrammarState Target, GrammarRule? Rule, byte Low, byte High)
{
    /// <summary>Whether the move is over a byte.</summary>
    public bool IsByte => Rule is null && Low <= High;

    /// <summary>Whether the move is over nothing.</summary>
    public bool IsEmpty => Rule is null && Low > High;

    /// <summary>The fewest bytes from before the move to the end of the rule that it is in.</summary>
    public int Cost => Rule is not null ? Math.Min(ICharacterAutomaton.Impossible, Rule.Cost + Target.Cost) : Target.Cost + (IsByte ? 1 : 0);

    /// <summary>How many objects and arrays those bytes nest.</summary>
    public int Depth => Rule is null ? Target.Depth : Math.Max(Rule.Depth, Target.Depth);
}
