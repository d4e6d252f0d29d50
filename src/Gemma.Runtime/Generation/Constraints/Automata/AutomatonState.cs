namespace Gemma.Runtime.Generation.Constraints.Automata;

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

    /// <summary>The stack that the most plain text may follow; null where none may.</summary>
    public StackFrame? Plain { get; } = frames.MaxBy(frame => frame.PlainRun) is { PlainRun: > 0 } plain ? plain : null;

    /// <summary>Whether a stack remembers a text that is not yet at its end.</summary>
    public bool HasText { get; } = Array.Exists(frames, frame => frame.Key.Text is not null);

    /// <summary>The states after each byte of a token that is tried, as far as they are known.</summary>
    public AutomatonState?[]? Next { get; set; }
}
