using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>
/// A state with the calls it stands in: the stack of a pushdown automaton as a list that shares its tails. Equal frames of one automaton are the same object.
/// A frame of a distinct terminal remembers its text; a frame of an object or an array remembers the texts that its distinct terminals had.
/// </summary>
internal sealed class StackFrame
{
    /// <summary>Creates a frame.</summary>
    public StackFrame(FrameKey key, int id)
    {
        (Key, Id) = (key, id);
        var own = key.Terminal is { } terminal ? terminal.Cost(key.At) + (key.IsUsed ? 1 : 0) : key.State!.Cost;
        Cost = Math.Min(ICharacterAutomaton.Impossible, own + (key.Caller?.Cost ?? 0));
        if (key.State is { IsFreeText: true }) PlainRun = ICharacterAutomaton.Unlimited;
        else if (key.Terminal is { IsDistinct: false } || key.IsEndless) PlainRun = key.Terminal!.PlainRun(key.At);
    }

    /// <summary>What tells the frame from others.</summary>
    public FrameKey Key { get; }

    /// <summary>Whether the frame's text must differ from texts that were used.</summary>
    public bool IsDistinct => Key is { Terminal.IsDistinct: true, Caller.Key.Used: not null };

    /// <summary>The number of the frame in its automaton.</summary>
    public int Id { get; }

    /// <summary>About the fewest bytes to the end of the text.</summary>
    public int Cost { get; }

    /// <summary>How many plain characters may follow, whichever they are.</summary>
    public int PlainRun { get; }

    /// <summary>The fewest tokens that spell the cheapest way to the end of the text; -1 as long as it was not computed.</summary>
    public int Tokens { get; set; } = -1;

    /// <summary>Whether <see cref="NextByte"/> and <see cref="Next"/> are known.</summary>
    public bool IsNextKnown { get; set; }

    /// <summary>The first byte of the cheapest way to the end of the text; -1 if the text is at its end.</summary>
    public int NextByte { get; set; }

    /// <summary>The frame after that byte.</summary>
    public StackFrame? Next { get; set; }
}
