using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Characters;

/// <summary>A deterministic automaton as a table. Moves lead only to states from which a text can be completed. Immutable.</summary>
internal sealed class Dfa : ICharacterAutomaton
{
    private readonly int[] _table;
    private readonly bool[] _accepting;
    private readonly int[] _costs;
    private readonly int[] _runs;
    private readonly Lazy<long[]> _counts;

    /// <summary>Completes an automaton.</summary>
    /// <param name="alphabet">The classes of code points.</param>
    /// <param name="table">[state, class]: the next state or -1. State 0 is the start.</param>
    /// <param name="accepting">[state]: whether the text may end.</param>
    /// <param name="budget">Ends what takes too long.</param>
    public Dfa(Alphabet alphabet, int[] table, bool[] accepting, CompilationBudget budget)
    {
        (Alphabet, _table, _accepting) = (alphabet, table, accepting);
        _costs = DfaAnalysis.Costs(this, budget);
        for (var i = 0; i < _table.Length; i++)
            if (_table[i] >= 0 && _costs[_table[i]] >= ICharacterAutomaton.Impossible) _table[i] = -1;
        _runs = DfaAnalysis.PlainRuns(this);
        _counts = new Lazy<long[]>(() => DfaAnalysis.Counts(this));
    }

    /// <summary>The classes of code points.</summary>
    public Alphabet Alphabet { get; }

    /// <summary>The number of states.</summary>
    public int StateCount => _accepting.Length;

    /// <summary>About how much memory the tables take, in bytes.</summary>
    public long ByteCount => (_table.Length * sizeof(int)) + (_accepting.Length * 17L);

    /// <summary>Whether no text is in the language.</summary>
    public bool IsEmpty => _costs[0] >= ICharacterAutomaton.Impossible;

    /// <inheritdoc/>
    public int Start => 0;

    /// <summary>The state after a code point of a class, or -1.</summary>
    public int Move(int state, int characterClass) => _table[(state * Alphabet.Count) + characterClass];

    /// <inheritdoc/>
    public int Step(int state, int codePoint) => Move(state, Alphabet.ClassOf(codePoint));

    /// <inheritdoc/>
    public int Cheapest(int state, int low, int high)
    {
        var (best, bestCost) = (-1, int.MaxValue);
        foreach (var (characterClass, codePoint) in Alphabet.Between(low, high))
        {
            var next = Move(state, characterClass);
            if (next < 0) continue;
            var cost = _costs[next] + Alphabet.BytesOf(codePoint);
            if (cost < bestCost) (best, bestCost) = (codePoint, cost);
        }

        return best;
    }

    /// <inheritdoc/>
    public bool IsAccepting(int state) => _accepting[state];

    /// <inheritdoc/>
    public int Cost(int state) => _costs[state];

    /// <inheritdoc/>
    public int PlainRun(int state) => _runs[state];

    /// <inheritdoc/>
    public long Count(int state) => _counts.Value[state];

    /// <summary>Whether a text is in the language.</summary>
    public bool Accepts(string text)
    {
        var state = 0;
        foreach (var rune in text.EnumerateRunes())
            if ((state = Step(state, rune.Value)) < 0) return false;
        return _accepting[state];
    }
}
