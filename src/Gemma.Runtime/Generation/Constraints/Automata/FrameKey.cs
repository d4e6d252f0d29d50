using Gemma.Runtime.Generation.Constraints.Terminals;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>What tells a frame from others.</summary>
/// <param name="State">The state inside a rule; null inside a terminal.</param>
/// <param name="Terminal">The terminal; null inside a rule.</param>
/// <param name="At">The state inside the terminal.</param>
/// <param name="Text">The text of a distinct terminal so far.</param>
/// <param name="Caller">Where to go on after the end; null if that ends the text.</param>
/// <param name="Depth">How many objects and arrays are open.</param>
/// <param name="Used">The texts that distinct terminals had in this object or array.</param>
internal readonly record struct FrameKey(GrammarState? State, Terminal? Terminal, long At, string? Text, StackFrame? Caller, int Depth, TextSet? Used)
{
    /// <summary>A text that begins no used one: which one it is does not matter as long as tokens are only tried. No text has half a surrogate pair.</summary>
    public const string Other = "\uD800";

    /// <summary>Whether the text of a distinct terminal could end, but for its having been used.</summary>
    public bool IsUsed => Text is not null && TextSet.Contains(Caller?.Key.Used, Text);

    /// <summary>Whether a distinct terminal has texts without number.</summary>
    public bool IsEndless => Terminal is { IsDistinct: true } && Terminal.Count(Terminal.Start) == long.MaxValue;

    /// <summary>The frame before a rule.</summary>
    public static FrameKey Before(GrammarRule rule, StackFrame? caller, int depth) => rule.Terminal is { } terminal
        ? new FrameKey(null, terminal, terminal.Start, terminal.IsDistinct ? string.Empty : null, caller, depth, null)
        : new FrameKey(rule.Start, null, 0, null, caller, depth + rule.Container, null);
}
