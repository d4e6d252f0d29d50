namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>
/// A grammar as a deterministic automaton that is built as far as texts need it: states and moves are computed once and kept. Many sequences share it; whoever
/// uses it holds <see cref="Gate"/>.
/// </summary>
internal sealed class Automaton
{
    /// <summary>How deep objects and arrays may nest; System.Text.Json reads 64.</summary>
    public const int MaxDepth = 32;

    private const long MaxBytes = 24L << 20;

    // A state with its 256 moves; a frame with its entry in the table.
    private const int BytesPerState = 2400;
    private const int BytesPerFrame = 240;

    // An ambiguous grammar has stacks without number; what the cheapest of them allow is right as well.
    private const int MaxFrames = 1024;
    private const int MaxOpen = 1 << 15;
    private readonly AutomatonState _dead = new([], isAccepting: false);
    private readonly FrameTable _frames = new();
    private readonly Dictionary<StateKey, AutomatonState> _states = [];

    /// <summary>Creates the automaton of a grammar.</summary>
    public Automaton(Grammar grammar)
    {
        Grammar = grammar;
        Start = Close([_frames.Get(FrameKey.Before(grammar.Root, null, 0))]);
    }

    /// <summary>Guards the automaton.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What the automaton recognises.</summary>
    public Grammar Grammar { get; }

    /// <summary>About how much memory grammar and states take, in bytes.</summary>
    public long ByteCount => (_states.Count * (long)BytesPerState) + (_frames.Count * (long)BytesPerFrame) + Grammar.ByteCount;

    /// <summary>The state before the text.</summary>
    public AutomatonState Start { get; }

    /// <summary>The state after one more byte of the text.</summary>
    public AutomatonState Step(AutomatonState state, byte next)
    {
        var tried = state.HasText ? null : Try(state, next);
        return tried is { HasText: false } ? tried : Move(state, next, isTried: false);
    }

    /// <summary>The state after one more byte of a token that is tried, in a state that <see cref="Tried"/> gives.</summary>
    public AutomatonState Try(AutomatonState state, byte next) =>
        state.Next?[next] ?? ((state.Next ??= new AutomatonState?[256])[next] = Move(state, next, isTried: true));

    /// <summary>The state as tokens are tried in it: many states of a text are one, far from a greatest length and as long as no name is used twice.</summary>
    public AutomatonState Tried(AutomatonState state)
    {
        List<StackFrame>? tried = null;
        for (var i = 0; i < state.Frames.Length; i++)
        {
            var frame = _frames.Tried(state.Frames[i]);
            if (frame != state.Frames[i]) (tried ??= [.. state.Frames])[i] = frame;
        }

        return tried is null ? state : Close(tried, state.IsAccepting);
    }

    /// <summary>The state of one of a state's stacks.</summary>
    public AutomatonState Only(StackFrame frame) => Close([frame]);

    /// <summary>The frame after the first byte of the cheapest way to the end of the text, and that byte; null at the end.</summary>
    public (byte Byte, StackFrame Frame)? Cheapest(StackFrame frame)
    {
        if (!frame.IsNextKnown)
        {
            var next = _frames.Cheapest(frame);
            (frame.NextByte, frame.Next, frame.IsNextKnown) = (next?.Byte ?? -1, next?.Frame, true);
        }

        return frame.Next is null ? null : ((byte)frame.NextByte, frame.Next);
    }

    /// <summary>Forgets what was computed if it is too much, and says whether it was.</summary>
    public bool Trim()
    {
        if (ByteCount - Grammar.ByteCount <= MaxBytes) return false;
        foreach (var state in _states.Values) state.Next = null;
        _states.Clear();
        _frames.Clear();
        return true;
    }

    private AutomatonState Move(AutomatonState state, byte next, bool isTried)
    {
        List<StackFrame> targets = [];
        foreach (var frame in state.Frames) _frames.AddTargets(frame, next, isTried, targets);
        return targets.Count == 0 ? _dead : Close(targets);
    }

    // Follows all moves over nothing: into rules, out of them, and within.
    private AutomatonState Close(List<StackFrame> open, bool isAccepting = false)
    {
        var seen = new HashSet<StackFrame>();
        List<StackFrame> frames = [];
        for (var i = 0; i < open.Count && i < MaxOpen; i++)
        {
            var frame = open[i];
            if (!seen.Add(frame) || !FrameTable.IsPossible(frame)) continue;
            if (FrameTable.ReadsByte(frame)) frames.Add(frame);
            isAccepting |= _frames.AddEmptyTargets(frame, open);
        }

        if (frames.Count == 0 && !isAccepting) return _dead;
        StackFrame[] sorted = [.. (frames.Count <= MaxFrames ? frames : frames.OrderBy(frame => frame.Cost).Take(MaxFrames)).OrderBy(frame => frame.Id)];
        var key = new StateKey(sorted, isAccepting);
        if (_states.TryGetValue(key, out var known)) return known;
        return _states[key] = new AutomatonState(sorted, isAccepting);
    }

    private readonly struct StateKey(StackFrame[] frames, bool isAccepting) : IEquatable<StateKey>
    {
        private readonly StackFrame[] _frames = frames;
        private readonly bool _isAccepting = isAccepting;

        public bool Equals(StateKey other) => _isAccepting == other._isAccepting && _frames.AsSpan().SequenceEqual(other._frames);

        public override bool Equals(object? obj) => obj is StateKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_isAccepting);
            foreach (var frame in _frames) hash.Add(frame.Id);
            return hash.ToHashCode();
        }
    }
}
