namespace Gemma.Runtime.Generation.Constraints;

/// <summary>A rule of a grammar; rules call each other, also recursively.</summary>
internal sealed class GrammarRule(GrammarState start, bool isContainer)
{
    /// <summary>Where the rule begins.</summary>
    public GrammarState Start => start;

    /// <summary>Whether the rule is an object or an array, which count for the nesting.</summary>
    public bool IsContainer => isContainer;

    /// <summary>How many objects and arrays the shortest text of the rule nests.</summary>
    public int Depth => start.Depth + (isContainer ? 1 : 0);
}
