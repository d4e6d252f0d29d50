namespace Gemma.Runtime.Generation.Constraints.Terminals;

/// <summary>
/// A string, a number or a literal: a part of JSON that reads its bytes itself, deterministically. Its states are numbers, so it needs no memory for them.
/// Immutable.
/// </summary>
/// <param name="isDistinct">Whether no two texts of it may be equal in the object or array that it is called from.</param>
internal abstract class Terminal(bool isDistinct)
{
    /// <summary>Whether no two texts of it may be equal in the object or array that it is called from.</summary>
    public bool IsDistinct => isDistinct;

    /// <summary>The state before the text.</summary>
    public abstract long Start { get; }

    /// <summary>The state after a byte.</summary>
    /// <param name="state">The state.</param>
    /// <param name="next">The byte.</param>
    /// <param name="codePoint">The character that the byte completes, or -1.</param>
    /// <returns>The state, or -1 if the byte may not follow.</returns>
    public abstract long Step(long state, byte next, out int codePoint);

    /// <summary>Whether the text may end; a text with quotes ends by its last one.</summary>
    public abstract bool IsFinal(long state);

    /// <summary>The fewest bytes to the end.</summary>
    public abstract int Cost(long state);

    /// <summary>The first of those bytes.</summary>
    public abstract byte Cheapest(long state);

    /// <summary>How many <see cref="Characters.PlainText">plain</see> characters may follow, whichever they are; 0 where text is not free.</summary>
    public abstract int PlainRun(long state);

    /// <summary>A state that stands for this one as long as one more token is tried.</summary>
    public abstract long Near(long state);

    /// <summary>How many different texts may follow; <see cref="long.MaxValue"/> if they are without number.</summary>
    public abstract long Count(long state);
}
