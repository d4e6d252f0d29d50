namespace Gemma.Runtime.Generation.Constraints;

/// <summary>A state of the deterministic automaton: all stacks the text so far may have. Equal states of one automaton are the same object.</summary>
internal sealed class AutomatonState(StackFrame[] frames, bool isAccepting)
{
    /// <summary>The stacks that can go on.</summary>
    public StackFrame[] Frames => frames;

    /// <summary>Whether the text may end here.</summary>
    public bool IsAccepting => isAccepting;

    /// <summary>Whether no text leads on or ends here.</summary>
    public bool IsDead => frames.Length == 0 && !isAccepting;

    /// <summary>Whether the text must end here.</summary>
    public bool IsComplete => frames.Length == 0 && isAccepting;

    /// <summary>The fewest bytes to the end of the text.</summary>
    public int Cost { get; } = isAccepting ? 0 : frames.Select(frame => frame.Cost).DefaultIfEmpty(GrammarState.Impossible).Min();

    /// <summary>How many UTF-16 units of plain text may follow.</summary>
    public int FreeText { get; } = frames.Select(frame => frame.State.FreeText).DefaultIfEmpty().Max();

    /// <summary>The states after each byte, as far as they are known.</summary>
    public AutomatonState?[]? Next { get; set; }

    /// <summary>The tokens that may follow, if they are known.</summary>
    public TokenMask? Mask { get; set; }
}
