using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>A regular expression as a nondeterministic automaton (Thompson's construction) that finds it anywhere in a text, and its determinisation.</summary>
internal sealed class PatternNfa
{
    private const int Accept = 0;
    private const int Prefix = 1;
    private readonly List<List<Edge>> _edges = [];
    private readonly List<CharacterSet> _sets = [CharacterSet.All];
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<(int[] States, bool IsAccepting)> _found = [];
    private readonly CompilationBudget _budget;
    private readonly bool _isPerhaps;

    private PatternNfa(PatternNode node, bool isPerhaps, CompilationBudget budget)
    {
        (_budget, _isPerhaps) = (budget, isPerhaps);
        Connect(State(), Accept, Kind.Character, CharacterSet.All);
        Connect(State(), Prefix, Kind.Character, CharacterSet.All);
        Connect(Build(node, Prefix), Accept, Kind.Empty, null);
    }

    private enum Kind
    {
        Empty,
        Start,
        End,
        Character,
    }

    /// <summary>The automaton of all texts in which the expression is found.</summary>
    /// <exception cref="GemmaSchemaException">It is too large, or has a look-ahead inside.</exception>
    public static Dfa Determinize(PatternNode node, bool isPerhaps, CompilationBudget budget)
    {
        var nfa = new PatternNfa(node, isPerhaps, budget);
        var start = nfa.Number(nfa.Close([Prefix], isStart: true));
        return DfaBuilder.Explore<int>(Alphabet.Of(nfa._sets, budget), start, (state, codePoint) => nfa.Move(state, codePoint),
            state => nfa._found[state].IsAccepting, budget);
    }

    private int Build(PatternNode node, int from)
    {
        switch (node)
        {
            case PatternNode.Character character:
                return Connect(from, State(), Kind.Character, character.Set);
            case PatternNode.Sequence sequence:
                return sequence.Parts.Aggregate(from, (at, part) => Build(part, at));
            case PatternNode.Choice choice:
                var end = State();
                foreach (var part in choice.Parts) Connect(Build(part, from), end, Kind.Empty, null);
                return end;
            case PatternNode.Repeat repeat:
                return BuildRepeat(repeat, from);
            case PatternNode.Start:
                return Connect(from, State(), Kind.Start, null);
            case PatternNode.End:
                // For .NET the end is also before a last line end.
                if (_isPerhaps) from = Build(new PatternNode.Repeat(new PatternNode.Character(CharacterSet.Of(('\n', '\n'))), 0, 1), from);
                return Connect(from, State(), Kind.End, null);
            default:
                throw new GemmaSchemaException("The JSON schema has a pattern that looks ahead elsewhere than right after '^', which is not supported.");
        }
    }

    private int BuildRepeat(PatternNode.Repeat repeat, int from)
    {
        for (var i = 0; i < repeat.Minimum; i++) from = Build(repeat.Part, from);
        var end = State();
        if (repeat.Maximum == ICharacterAutomaton.Unlimited)
        {
            var loop = Connect(from, State(), Kind.Empty, null);
            Connect(Build(repeat.Part, loop), loop, Kind.Empty, null);
            return Connect(loop, end, Kind.Empty, null);
        }

        for (var i = repeat.Minimum; i < repeat.Maximum; i++)
        {
            Connect(from, end, Kind.Empty, null);
            from = Build(repeat.Part, from);
        }

        return Connect(from, end, Kind.Empty, null);
    }

    private int State()
    {
        _budget.AddState();
        _edges.Add([]);
        return _edges.Count - 1;
    }

    private int Connect(int from, int to, Kind kind, CharacterSet? set)
    {
        if (set is not null && !_sets.Contains(set)) _sets.Add(set);
        _edges[from].Add(new Edge(kind, set, to));
        return to;
    }

    private int? Move(int state, int codePoint)
    {
        List<int> targets = [];
        foreach (var source in _found[state].States)
        {
            _budget.Step();
            foreach (var edge in _edges[source])
                if (edge.Kind == Kind.Character && edge.Set!.Contains(codePoint)) targets.Add(edge.To);
        }

        return targets.Count == 0 ? null : Number(Close(targets, isStart: false));
    }

    private SortedSet<int> Close(List<int> open, bool isStart, bool isEnd = false)
    {
        SortedSet<int> closed = [];
        for (var i = 0; i < open.Count; i++)
        {
            _budget.Step();
            if (!closed.Add(open[i])) continue;
            foreach (var edge in _edges[open[i]])
                if (edge.Kind == Kind.Empty || (edge.Kind == Kind.Start && isStart) || (edge.Kind == Kind.End && isEnd)) open.Add(edge.To);
        }

        return closed;
    }

    private int Number(SortedSet<int> closed)
    {
        // Only states that read a character, or wait for the end, tell sets apart.
        int[] states = [.. closed.Where(state => state == Accept || _edges[state].Exists(edge => edge.Kind is Kind.Character or Kind.End or Kind.Start))];
        var key = string.Join(',', states);
        if (_numbers.TryGetValue(key, out var known)) return known;
        var isStart = _found.Count == 0;
        _found.Add((states, Close([.. states], isStart, isEnd: true).Contains(Accept)));
        return _numbers[key] = _found.Count - 1;
    }

    private readonly record struct Edge(Kind Kind, CharacterSet? Set, int To);
}
