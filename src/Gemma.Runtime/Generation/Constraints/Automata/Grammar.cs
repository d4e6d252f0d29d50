using Gemma.Runtime.Generation.Constraints.Characters;
using Gemma.Runtime.Generation.Constraints.Compilation;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>A complete grammar over bytes, with the costs of its states computed. Immutable from then on.</summary>
internal sealed class Grammar
{
    // A longer shortest text does not fit a context.
    private const int MaxCost = 1 << 17;

    /// <summary>Completes a grammar.</summary>
    /// <param name="root">The rule of the whole text.</param>
    /// <param name="states">All states.</param>
    /// <param name="terminalBytes">About how much memory its terminals take.</param>
    /// <param name="budget">Ends what takes too long.</param>
    public Grammar(GrammarRule root, IReadOnlyList<GrammarState> states, long terminalBytes, CompilationBudget budget)
    {
        Root = root;
        GrammarCosts.Compute(states, budget);
        ByteCount = (states.Count * 100L) + terminalBytes;
    }

    /// <summary>The rule of the whole text.</summary>
    public GrammarRule Root { get; }

    /// <summary>About how much memory the grammar takes, in bytes.</summary>
    public long ByteCount { get; }

    /// <summary>Refuses a grammar that no text follows, or only one that is far too long.</summary>
    /// <exception cref="GemmaSchemaException">It is one.</exception>
    public void Check()
    {
        var root = Root;
        if (root.Cost >= ICharacterAutomaton.Impossible) throw new GemmaSchemaException("The JSON schema contradicts itself: no JSON follows it.");
        if (root.Depth > Automaton.MaxDepth)
            throw new GemmaSchemaException($"The JSON schema demands JSON that nests more than {Automaton.MaxDepth} objects and arrays.");
        if (root.Cost > MaxCost)
            throw new GemmaSchemaException($"The JSON schema demands JSON of at least {root.Cost} bytes; at most {MaxCost} are supported.");
    }
}
