using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Patterns;

/// <summary>A part of a regular expression.</summary>
internal abstract record PatternNode
{
    /// <summary>One character of a set.</summary>
    internal sealed record Character(CharacterSet Set) : PatternNode;

    /// <summary>Parts one after the other; none is the empty text.</summary>
    internal sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>One of several parts.</summary>
    internal sealed record Choice(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>A part so many times.</summary>
    internal sealed record Repeat(PatternNode Part, int Minimum, int Maximum) : PatternNode;

    /// <summary>The beginning of the text.</summary>
    internal sealed record Start : PatternNode;

    /// <summary>The end of the text.</summary>
    internal sealed record End : PatternNode;

    /// <summary>What must follow, or must not, without being read.</summary>
    internal sealed record LookAhead(PatternNode Part, bool IsNegative) : PatternNode;
}
