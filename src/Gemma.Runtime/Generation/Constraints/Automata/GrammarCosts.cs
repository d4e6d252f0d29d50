using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>The cheapest way from each state to the end of its rule: Dijkstra's algorithm backwards, over calls as Knuth generalised it.</summary>
internal sealed class GrammarCosts
{
    private readonly IReadOnlyList<GrammarState> _states;
    private readonly CompilationBudget _budget;
    private readonly int[] _firstSource;
    private readonly (GrammarState Source, int Edge)[] _sources;
    private readonly PriorityQueue<GrammarState, (int Cost, int Depth)> _open = new();

    private GrammarCosts(IReadOnlyList<GrammarState> states, CompilationBudget budget)
    {
        (_states, _budget) = (states, budget);
        _firstSource = new int[states.Count + 1];
        ForEachSource((target, _, _) => _firstSource[target.Id + 1]++);
        for (var i = 0; i < states.Count; i++) _firstSource[i + 1] += _firstSource[i];
        _sources = new (GrammarState, int)[_firstSource[^1]];
        var next = _firstSource[..^1];
        ForEachSource((target, source, edge) => _sources[next[target.Id]++] = (source, edge));
    }

    /// <summary>Sets the costs of all states; what cannot be completed keeps <see cref="ICharacterAutomaton.Impossible"/>.</summary>
    public static void Compute(IReadOnlyList<GrammarState> states, CompilationBudget budget) => new GrammarCosts(states, budget).Run();

    private void Run()
    {
        foreach (var state in _states)
        {
            if (state.IsFinal) Lower(state, (0, 0), -1);

            // What depends on no other state.
            for (var i = 0; i < state.Edges.Length; i++)
                if (state.Edges[i].Rule?.Terminal is not null) Lower(state, i);
        }

        while (_open.TryDequeue(out var state, out var cost))
        {
            if (cost != (state.Cost, state.Depth)) continue;
            for (var i = _firstSource[state.Id]; i < _firstSource[state.Id + 1]; i++)
            {
                _budget.Step();
                Lower(_sources[i].Source, _sources[i].Edge);
            }
        }
    }

    private void Lower(GrammarState state, int edge) => Lower(state, (state.Edges[edge].Cost, state.Edges[edge].Depth), edge);

    private void Lower(GrammarState state, (int Cost, int Depth) cost, int best)
    {
        if (cost.Cost >= ICharacterAutomaton.Impossible || cost.CompareTo((state.Cost, state.Depth)) >= 0) return;
        (state.Cost, state.Depth) = cost;
        state.Best = best;
        _open.Enqueue(state, cost);
    }

    private void ForEachSource(Action<GrammarState, GrammarState, int> action)
    {
        foreach (var state in _states)
        {
            _budget.Step();
            for (var i = 0; i < state.Edges.Length; i++)
            {
                var edge = state.Edges[i];
                action(edge.Target, state, i);
                if (edge.Rule is { Terminal: null } rule) action(rule.Start, state, i);
            }
        }
    }
}
