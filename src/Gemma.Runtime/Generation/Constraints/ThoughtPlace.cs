namespace Gemma.Runtime.Generation.Constraints;

/// <summary>Whether a constrained reply has a thought in front of it.</summary>
internal enum ThoughtPlace
{
    /// <summary>None.</summary>
    Nowhere,

    /// <summary>The reply may begin with one.</summary>
    First,

    /// <summary>The prompt ends inside one.</summary>
    Begun,
}
