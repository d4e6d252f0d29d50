using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>Builds automata as tables by trying every class of code points in every state that can be reached.</summary>
internal static class DfaBuilder
{
    // A table beyond it is worth more memory than any schema needs.
    private const int MaxCells = 4_000_000;

    /// <summary>The automaton of a machine whose states are values.</summary>
    /// <param name="alphabet">The classes of code points that the machine tells apart.</param>
    /// <param name="start">The state before the text.</param>
    /// <param name="step">The state after a code point, or null if it may not follow.</param>
    /// <param name="isAccepting">Whether the text may end.</param>
    /// <param name="budget">Limits states and time.</param>
    /// <exception cref="GemmaSchemaException">There are too many states.</exception>
    public static Dfa Explore<TState>(Alphabet alphabet, TState start, Func<TState, int, TState?> step, Func<TState, bool> isAccepting,
        CompilationBudget budget)
        where TState : struct
    {
        var numbers = new Dictionary<TState, int> { [start] = 0 };
        List<TState> states = [start];
        List<int> table = [];
        for (var i = 0; i < states.Count; i++)
        {
            budget.AddState();
            if (table.Count > MaxCells)
                throw new GemmaSchemaException("The JSON schema has a pattern or a limit that is too large to be followed; make it simpler.");
            for (var c = 0; c < alphabet.Count; c++)
            {
                budget.Step();
                if (alphabet.Representative(c) is not (>= 0 and var codePoint) || step(states[i], codePoint) is not { } next)
                {
                    table.Add(-1);
                    continue;
                }

                if (!numbers.TryGetValue(next, out var number))
                {
                    numbers[next] = number = states.Count;
                    states.Add(next);
                }

                table.Add(number);
            }
        }

        return new Dfa(alphabet, [.. table], [.. states.Select(isAccepting)], budget);
    }

    /// <summary>The texts of both automata.</summary>
    public static Dfa Intersect(Dfa a, Dfa b, CompilationBudget budget) => Explore<(int A, int B)>(
        Alphabet.Of(a.Alphabet, b.Alphabet),
        (0, 0),
        (state, codePoint) => a.Step(state.A, codePoint) is >= 0 and var nextA && b.Step(state.B, codePoint) is >= 0 and var nextB ? (nextA, nextB) : null,
        state => a.IsAccepting(state.A) && b.IsAccepting(state.B),
        budget);

    /// <summary>The texts of an automaton within limits of length.</summary>
    public static Dfa Intersect(Dfa a, LengthAutomaton length, CompilationBudget budget) => Explore<(int A, int B)>(
        Alphabet.Of(a.Alphabet, Alphabet.Of([CharacterSet.OneUnit, Graphemes.Joining], budget)),
        (0, length.Start),
        (state, codePoint) => a.Step(state.A, codePoint) is >= 0 and var nextA && length.Step(state.B, codePoint) is >= 0 and var nextB ? (nextA, nextB) : null,
        state => a.IsAccepting(state.A) && length.IsAccepting(state.B),
        budget);

    /// <summary>All texts that are not of an automaton.</summary>
    public static Dfa Complement(Dfa a, CompilationBudget budget) => Explore<int>(
        Alphabet.Of(a.Alphabet, Alphabet.Of([CharacterSet.All], budget)),
        0,
        (state, codePoint) => !CharacterSet.All.Contains(codePoint) ? null : state < 0 ? -1 : a.Step(state, codePoint),
        state => state < 0 || !a.IsAccepting(state),
        budget);

    /// <summary>Some texts.</summary>
    public static Dfa OneOf(IEnumerable<string> texts, CompilationBudget budget)
    {
        Dictionary<(int Node, int CodePoint), int> nodes = [];
        HashSet<int> ends = [];
        HashSet<int> characters = [];
        foreach (var text in texts)
        {
            var node = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                characters.Add(rune.Value);
                if (!nodes.TryGetValue((node, rune.Value), out var next))
                {
                    budget.AddState();
                    nodes[(node, rune.Value)] = next = nodes.Count + 1;
                }

                node = next;
            }

            ends.Add(node);
        }

        var alphabet = Alphabet.Of([.. characters.Select(c => CharacterSet.Of((c, c)))], budget);
        return Explore<int>(alphabet, 0, (node, codePoint) => nodes.TryGetValue((node, codePoint), out var next) ? next : null, ends.Contains, budget);
    }
}
