using System.Text;
using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Terminals;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>The frames of an automaton, each once, and the moves between them.</summary>
internal sealed class FrameTable
{
    private readonly Dictionary<FrameKey, StackFrame> _frames = [];
    private int _nextId;

    /// <summary>The number of frames.</summary>
    public int Count => _frames.Count;

    /// <summary>The frame of a key.</summary>
    public StackFrame Get(FrameKey key)
    {
        if (!_frames.TryGetValue(key, out var frame)) _frames[key] = frame = new StackFrame(key, _nextId++);
        return frame;
    }

    /// <summary>Forgets all frames. Those in use go on, with numbers that no other has.</summary>
    public void Clear() => _frames.Clear();

    /// <summary>Whether the text can be completed from a frame. The cheapest way on must stay inside the depth; then there always is one.</summary>
    public static bool IsPossible(StackFrame frame) => frame.Cost < ICharacterAutomaton.Impossible
        && (frame.Key.State is { } state ? frame.Key.Depth + state.Depth <= Automaton.MaxDepth : IsAlive(frame.Key));

    /// <summary>Whether a byte may follow inside the frame's own state.</summary>
    public static bool ReadsByte(StackFrame frame)
    {
        if (frame.Key.Terminal is not null) return true;
        foreach (var edge in frame.Key.State!.Edges)
            if (edge.IsByte) return true;
        return false;
    }

    /// <summary>Adds the frames after a byte.</summary>
    /// <param name="frame">The frame before it.</param>
    /// <param name="next">The byte.</param>
    /// <param name="isTried">Whether the byte is only tried, so that <see cref="FrameKey.Other"/> will do for a new text.</param>
    /// <param name="targets">Receives the frames.</param>
    public void AddTargets(StackFrame frame, byte next, bool isTried, List<StackFrame> targets)
    {
        if (frame.Key.Terminal is not null)
        {
            if (After(frame.Key, next, isTried) is { } after) targets.Add(Get(after));
            return;
        }

        foreach (var edge in frame.Key.State!.Edges)
            if (edge.IsByte && next >= edge.Low && next <= edge.High) targets.Add(Get(frame.Key with { State = edge.Target }));
    }

    /// <summary>Adds the frames after nothing, and says whether the text may end.</summary>
    public bool AddEmptyTargets(StackFrame frame, List<StackFrame> targets)
    {
        var mayEnd = false;
        if (IsFinal(frame.Key))
        {
            if (Return(frame.Key) is { } caller) targets.Add(caller);
            else mayEnd = true;
        }

        if (frame.Key.State is not { } state) return mayEnd;
        foreach (var edge in state.Edges)
        {
            if (edge.IsEmpty) targets.Add(Get(frame.Key with { State = edge.Target }));
            else if (edge.Rule is not null && edge.Cost < ICharacterAutomaton.Impossible) targets.Add(Call(frame, edge));
        }

        return mayEnd;
    }

    /// <summary>The frame that stands for this one as long as one more token is tried.</summary>
    public StackFrame Tried(StackFrame frame)
    {
        if (frame.Key.Terminal is not { } terminal) return frame;
        var key = frame.Key with { At = terminal.Near(frame.Key.At) };
        if (key.Text is not null) key = Tried(key);
        return key == frame.Key ? frame : Get(key);
    }

    /// <summary>The first byte of the cheapest way to the end of the text, and the frame after it; null at the end.</summary>
    public (byte Byte, StackFrame Frame)? Cheapest(StackFrame frame)
    {
        while (true)
        {
            if (frame.Key.Terminal is { } terminal)
            {
                if (!IsFinal(frame.Key) || terminal.Cost(frame.Key.At) > 0) return CheapestOf(frame.Key, terminal);
            }
            else if (frame.Key.State!.Best is >= 0 and var best)
            {
                var edge = frame.Key.State.Edges[best];
                if (edge.IsByte) return (edge.Low, Get(frame.Key with { State = edge.Target }));
                frame = edge.IsEmpty ? Get(frame.Key with { State = edge.Target }) : Call(frame, edge);
                continue;
            }

            if (Return(frame.Key) is not { } caller) return null;
            frame = caller;
        }
    }

    private static bool IsFinal(FrameKey key) => key.Terminal is { } terminal ? terminal.IsFinal(key.At) && !key.IsUsed : key.State!.IsFinal;

    // What is called last need not come back.
    private StackFrame Call(StackFrame frame, GrammarEdge edge) =>
        Get(FrameKey.Before(edge.Rule!, edge.Target.IsEnd ? frame.Key.Caller : Get(frame.Key with { State = edge.Target }), frame.Key.Depth));

    private StackFrame? Return(FrameKey key) =>
        key is { Text: { } text, Caller: { } caller } ? Get(caller.Key with { Used = new TextSet(text, caller.Key.Used) }) : key.Caller;

    private (byte Byte, StackFrame Frame) CheapestOf(FrameKey key, Terminal terminal)
    {
        var next = terminal.Cheapest(key.At);
        if (After(key, next, isTried: false) is { IsUsed: false } direct) return (next, Get(direct));
        foreach (var letter in Letters)
            if (After(key, letter, isTried: false) is { IsUsed: false } other) return (letter, Get(other));

        // Among the texts that are left.
        var (bestByte, best) = ((byte)0, (StackFrame?)null);
        for (var b = 255; b >= 0; b--)
        {
            if (After(key, (byte)b, isTried: false) is not { } after) continue;
            var frame = Get(after);
            if (best is null || frame.Cost < best.Cost) (bestByte, best) = ((byte)b, frame);
        }

        return (bestByte, best!);
    }

    private static ReadOnlySpan<byte> Letters => "abcdefghijklmnopqrstuvwxyz"u8;

    private static FrameKey? After(FrameKey key, byte next, bool isTried)
    {
        var at = key.Terminal!.Step(key.At, next, out var codePoint);
        if (at < 0) return null;
        var after = key with { At = at, Text = key.Text is null or FrameKey.Other || codePoint < 0 ? key.Text : key.Text + new Rune(codePoint) };
        if (isTried && after.Text is not null) after = Tried(after);
        return IsAlive(after) ? after : null;
    }

    private static FrameKey Tried(FrameKey key) =>
        key.Text!.Length > 0 && key.IsEndless && TextSet.CountPrefix(key.Caller?.Key.Used, key.Text) == 0 ? key with { Text = FrameKey.Other } : key;

    // Whether a distinct terminal has a text left that was not used.
    private static bool IsAlive(FrameKey key)
    {
        if (key.Text is null || key.Caller?.Key.Used is not { } used) return true;

        // A token that ends one text and begins another: whether they are the same is not known here.
        if (key.Text == FrameKey.Other && TextSet.Contains(used, FrameKey.Other)) return false;
        var left = key.Terminal!.Count(key.At);
        if (left == 1 && key.Terminal.IsFinal(key.At)) return !key.IsUsed;
        if (left < long.MaxValue) return left > TextSet.CountPrefix(used, key.Text);
        if (key.IsEndless) return true;

        // Inside a character.
        for (var b = 0; b < 256; b++)
            if (After(key, (byte)b, isTried: false) is not null) return true;
        return false;
    }
}
