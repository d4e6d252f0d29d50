namespace Gemma.Runtime.Generation.Constraints;

/// <summary>A complete grammar over bytes, with the costs of its states computed. Immutable from then on.</summary>
internal sealed class Grammar
{
    /// <summary>Completes a grammar.</summary>
    /// <param name="root">The rule of the whole text.</param>
    /// <param name="states">All states.</param>
    public Grammar(GrammarRule root, IReadOnlyList<GrammarState> states)
    {
        Root = root;

        // The cheapest way to the end, to a fixed point; chains were built front to back, so going backwards is quick.
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = states.Count - 1; i >= 0; i--) changed |= Relax(states[i]);
        }

        MaxCost = states.Where(state => state.Cost < GrammarState.Impossible).Select(state => state.Cost).DefaultIfEmpty().Max();
    }

    /// <summary>The rule of the whole text.</summary>
    public GrammarRule Root { get; }

    /// <summary>The highest cost of a state.</summary>
    public int MaxCost { get; }

    /// <summary>Whether there is any text that follows the grammar.</summary>
    public bool IsPossible => Root.Start.Cost < GrammarState.Impossible;

    private static bool Relax(GrammarState state)
    {
        var best = (state.Cost, state.Depth);
        if (state.IsFinal) best = (0, 0);
        foreach (var (_, _, target) in state.Bytes) best = Cheaper(best, (target.Cost + 1, target.Depth));
        foreach (var target in state.Empty) best = Cheaper(best, (target.Cost, target.Depth));
        foreach (var (rule, target) in state.Calls) best = Cheaper(best, (rule.Start.Cost + target.Cost, Math.Max(rule.Depth, target.Depth)));
        if (best.Cost >= GrammarState.Impossible || best == (state.Cost, state.Depth)) return false;
        (state.Cost, state.Depth) = best;
        return true;
    }

    private static (int Cost, int Depth) Cheaper((int Cost, int Depth) a, (int Cost, int Depth) b) => b.Cost < a.Cost || (b.Cost == a.Cost && b.Depth < a.Depth) ? b : a;
}
