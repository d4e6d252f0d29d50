namespace Gemma.Runtime.Generation.Constraints;

/// <summary>
/// A grammar as a deterministic automaton that is built as far as texts need it: states and moves are computed once and kept. Many sequences share it; whoever uses it holds <see cref="Gate"/>.
/// </summary>
internal sealed class Automaton
{
    /// <summary>How deep objects and arrays may nest; System.Text.Json reads 64.</summary>
    public const int MaxDepth = 32;

    private const int MaxStates = 1 << 14;
    private readonly AutomatonState _dead = new([], isAccepting: false);
    private readonly Dictionary<(GrammarState State, StackFrame? Caller, int Depth), StackFrame> _frames = [];
    private readonly Dictionary<StateKey, AutomatonState> _states = [];
    private int _nextId;

    /// <summary>Creates the automaton of a possible grammar.</summary>
    public Automaton(Grammar grammar)
    {
        Grammar = grammar;
        Start = Close([Frame(grammar.Root.Start, null, grammar.Root.IsContainer ? 1 : 0)]);
    }

    /// <summary>Guards the automaton.</summary>
    public Lock Gate { get; } = new();

    /// <summary>What the automaton recognises.</summary>
    public Grammar Grammar { get; }

    /// <summary>The state before the text.</summary>
    public AutomatonState Start { get; }

    /// <summary>The state after one more byte.</summary>
    public AutomatonState Step(AutomatonState state, byte next) => state.Next?[next] ?? Move(state, next);

    /// <summary>Forgets what was computed if it is too much.</summary>
    public void Trim()
    {
        if (_states.Count <= MaxStates) return;
        foreach (var state in _states.Values) (state.Next, state.Mask) = (null, null);
        _states.Clear();
        _frames.Clear();
    }

    private AutomatonState Move(AutomatonState state, byte next)
    {
        List<StackFrame> targets = [];
        foreach (var frame in state.Frames)
        {
            foreach (var (low, high, target) in frame.State.Bytes)
                if (next >= low && next <= high) targets.Add(Frame(target, frame.Caller, frame.Depth));
        }

        return (state.Next ??= new AutomatonState?[256])[next] = targets.Count == 0 ? _dead : Close(targets);
    }

    // Follows all moves over nothing: into rules, out of them, and within.
    private AutomatonState Close(List<StackFrame> open)
    {
        var seen = new HashSet<StackFrame>();
        List<StackFrame> frames = [];
        var isAccepting = false;
        for (var i = 0; i < open.Count; i++)
        {
            var frame = open[i];
            if (!seen.Add(frame) || !IsPossible(frame.State, frame.Depth)) continue;
            var state = frame.State;
            if (state.Bytes.Count != 0) frames.Add(frame);
            if (state.IsFinal && frame.Caller is { } caller) open.Add(caller);
            else isAccepting |= state.IsFinal;
            foreach (var target in state.Empty) open.Add(Frame(target, frame.Caller, frame.Depth));
            foreach (var (rule, target) in state.Calls)
            {
                if (!IsPossible(target, frame.Depth)) continue;
                var after = target.IsEnd ? frame.Caller : Frame(target, frame.Caller, frame.Depth);
                open.Add(Frame(rule.Start, after, frame.Depth + (rule.IsContainer ? 1 : 0)));
            }
        }

        if (frames.Count == 0 && !isAccepting) return _dead;
        StackFrame[] sorted = [.. frames.OrderBy(frame => frame.Id)];
        var key = new StateKey(sorted, isAccepting);
        if (_states.TryGetValue(key, out var known)) return known;
        return _states[key] = new AutomatonState(sorted, isAccepting);
    }

    // The cheapest way on must stay inside the depth; then there always is one.
    private static bool IsPossible(GrammarState state, int depth) => state.Cost < GrammarState.Impossible && depth + state.Depth <= MaxDepth;

    private StackFrame Frame(GrammarState state, StackFrame? caller, int depth)
    {
        var key = (state, caller, depth);
        if (!_frames.TryGetValue(key, out var frame)) _frames[key] = frame = new StackFrame(state, caller, depth, _nextId++);
        return frame;
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
