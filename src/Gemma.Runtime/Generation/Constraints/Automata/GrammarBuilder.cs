using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Compilation;
using Gemma.Runtime.Generation.Constraints.Terminals;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>Builds states and rules.</summary>
/// <param name="budget">Limits how many.</param>
internal sealed class GrammarBuilder(CompilationBudget budget)
{
    private readonly List<GrammarState> _states = [];
    private long _terminalBytes;

    /// <summary>Limits what is built.</summary>
    public CompilationBudget Budget => budget;

    /// <summary>A new state.</summary>
    public GrammarState State(bool isFinal = false)
    {
        budget.AddState();
        var state = new GrammarState(_states.Count) { IsFinal = isFinal };
        _states.Add(state);
        return state;
    }

    /// <summary>Appends bytes and gives the state after them.</summary>
    public GrammarState Literal(GrammarState from, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) from = Byte(from, b);
        return from;
    }

    /// <summary>Appends one byte and gives the state after it.</summary>
    public GrammarState Byte(GrammarState from, byte b)
    {
        var to = State();
        from.AddByte(b, b, to);
        return to;
    }

    /// <summary>Appends what a rule describes and gives the state after it.</summary>
    public GrammarState Call(GrammarState from, GrammarRule rule)
    {
        var to = State();
        from.AddCall(rule, to);
        return to;
    }

    /// <summary>A rule that is one of several others; none makes it impossible.</summary>
    public GrammarRule OneOf(params ReadOnlySpan<GrammarRule> rules)
    {
        if (rules.Length == 1) return rules[0];
        var (start, end) = (State(), State(isFinal: true));
        foreach (var rule in rules) start.AddCall(rule, end);
        return new GrammarRule(start, isContainer: false);
    }

    /// <summary>A rule that is the text of an automaton, bare or between quotes.</summary>
    public GrammarRule Text(ICharacterAutomaton characters, TextQuote? quote = null, bool isDistinct = false)
    {
        if (characters is Dfa dfa)
        {
            if (dfa.IsEmpty) return OneOf();
            _terminalBytes += dfa.ByteCount;
        }

        return new GrammarRule(new TextTerminal(characters, quote, isDistinct));
    }

    /// <summary>Completes the grammar.</summary>
    public Grammar Build(GrammarRule root) => new(root, _states, _terminalBytes, budget);
}
