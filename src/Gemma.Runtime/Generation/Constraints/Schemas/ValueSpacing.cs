namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>The white space between the parts of a value.</summary>
internal enum ValueSpacing
{
    /// <summary>The model's choice, within bounds.</summary>
    Free,

    /// <summary>One space after a colon and a comma, and no other.</summary>
    One,

    /// <summary>None.</summary>
    None,
}
