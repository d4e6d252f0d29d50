using Gemma.Runtime.Generation.Constraints.Terminals;

namespace Gemma.Runtime.Generation.Constraints.Automata;

/// <summary>A rule of a grammar: states that may call other rules, also recursively, or a terminal, which reads its bytes itself.</summary>
internal sealed class GrammarRule
{
    private readonly GrammarState? _start;
    private readonly int _container;

    /// <summary>Creates a rule of states.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="isContainer">Whether it is an object or an array, which count for the nesting.</param>
    public GrammarRule(GrammarState start, bool isContainer) => (_start, _container) = (start, isContainer ? 1 : 0);

    /// <summary>Creates a rule that is a terminal.</summary>
    public GrammarRule(Terminal terminal) => Terminal = terminal;

    /// <summary>Where the rule begins; not there for a terminal.</summary>
    public GrammarState Start => _start ?? throw new InvalidOperationException("A terminal has no states.");

    /// <summary>The terminal, or null.</summary>
    public Terminal? Terminal { get; }

    /// <summary>1 for an object or an array.</summary>
    public int Container => _container;

    /// <summary>The fewest bytes of the rule.</summary>
    public int Cost => Terminal?.Cost(Terminal.Start) ?? Start.Cost;

    /// <summary>How many objects and arrays the shortest text of the rule nests.</summary>
    public int Depth => Terminal is null ? Start.Depth + _container : 0;
}
