using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>What can be known of an automaton's states ahead: the way to the end, runs of plain text, the number of texts.</summary>
internal static class DfaAnalysis
{
    private const int Unknown = -1;
    private const int Mixed = -2;

    /// <summary>[state]: the fewest bytes to the end, <see cref="ICharacterAutomaton.Impossible"/> where there is none.</summary>
    public static int[] Costs(Dfa dfa, CompilationBudget budget)
    {
        var costs = new int[dfa.StateCount];
        Array.Fill(costs, ICharacterAutomaton.Impossible);
        var sources = Sources(dfa, budget);
        var weights = Enumerable.Range(0, dfa.Alphabet.Count).Select(c => dfa.Alphabet.Representative(c) is >= 0 and var sample ? Alphabet.BytesOf(sample) : 0)
            .ToArray();
        var open = new PriorityQueue<int, int>();
        for (var state = 0; state < costs.Length; state++)
            if (dfa.IsAccepting(state)) Lower(state, 0);
        while (open.TryDequeue(out var state, out var cost))
        {
            if (cost != costs[state]) continue;
            foreach (var (source, characterClass) in sources[state])
            {
                budget.Step();
                Lower(source, cost + weights[characterClass]);
            }
        }

        return costs;

        void Lower(int state, int cost)
        {
            if (cost >= costs[state]) return;
            costs[state] = cost;
            open.Enqueue(state, cost);
        }
    }

    /// <summary>
    /// [state]: how many plain characters may follow, and no more, where all of them lead to the same states; 0 where they lead to different ones.
    /// </summary>
    public static int[] PlainRuns(Dfa dfa)
    {
        var plain = PlainClasses(dfa.Alphabet);
        var runs = new int[dfa.StateCount];
        var isMixed = new bool[dfa.StateCount];
        Array.Fill(runs, Unknown);
        List<int> path = [];
        for (var start = 0; start < runs.Length; start++)
        {
            path.Clear();
            var state = start;
            while (state >= 0 && runs[state] == Unknown)
            {
                // A run that comes back to itself never ends.
                runs[state] = ICharacterAutomaton.Unlimited;
                path.Add(state);
                state = Uniform(dfa, state, plain);
            }

            var endsMixed = state == Mixed || (state >= 0 && isMixed[state]);
            var run = state < 0 ? -1 : runs[state];
            for (var i = path.Count - 1; i >= 0; i--)
            {
                run = endsMixed ? 0 : run == ICharacterAutomaton.Unlimited ? run : run + 1;
                (runs[path[i]], isMixed[path[i]]) = (run, endsMixed);
            }
        }

        return runs;
    }

    /// <summary>[state]: how many texts may follow; <see cref="long.MaxValue"/> from where the automaton can go round, or where there are more.</summary>
    public static long[] Counts(Dfa dfa)
    {
        var counts = new long[dfa.StateCount];
        Array.Fill(counts, long.MaxValue);
        var ways = new int[dfa.StateCount];
        var sources = new List<int>[dfa.StateCount];
        for (var state = 0; state < ways.Length; state++)
        {
            for (var c = 0; c < dfa.Alphabet.Count; c++)
            {
                if (dfa.Move(state, c) is not (>= 0 and var next)) continue;
                ways[state]++;
                (sources[next] ??= []).Add(state);
            }
        }

        var sizes = Enumerable.Range(0, dfa.Alphabet.Count).Select(dfa.Alphabet.SizeOf).ToArray();
        var open = new Stack<int>(Enumerable.Range(0, ways.Length).Where(state => ways[state] == 0));
        while (open.TryPop(out var state))
        {
            Int128 count = dfa.IsAccepting(state) ? 1 : 0;
            for (var c = 0; c < sizes.Length; c++)
                if (dfa.Move(state, c) is >= 0 and var next) count += (Int128)sizes[c] * counts[next];
            counts[state] = (long)Int128.Min(count, long.MaxValue);
            foreach (var source in sources[state] ?? [])
                if (--ways[source] == 0) open.Push(source);
        }

        return counts;
    }

    private static List<(int Source, int Class)>[] Sources(Dfa dfa, CompilationBudget budget)
    {
        var sources = new List<(int, int)>[dfa.StateCount];
        for (var state = 0; state < sources.Length; state++) sources[state] = [];
        for (var state = 0; state < sources.Length; state++)
        {
            budget.Step();
            for (var c = 0; c < dfa.Alphabet.Count; c++)
                if (dfa.Move(state, c) is >= 0 and var next) sources[next].Add((state, c));
        }

        return sources;
    }

    // The state after any plain character; -1 if none may follow, Mixed if it depends on the character.
    private static int Uniform(Dfa dfa, int state, bool[] plain)
    {
        var target = Unknown;
        for (var (c, isFirst) = (0, true); c < plain.Length; c++)
        {
            if (!plain[c]) continue;
            var next = dfa.Move(state, c);
            if (!isFirst && next != target) return Mixed;
            (target, isFirst) = (next, false);
        }

        return target;
    }

    private static bool[] PlainClasses(Alphabet alphabet)
    {
        var plain = new bool[alphabet.Count];
        foreach (var (low, high) in PlainText.Set.Ranges)
            foreach (var (characterClass, _) in alphabet.Between(low, high)) plain[characterClass] = true;
        return plain;
    }
}
