namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    /// <summary>The next one follows.</summary>
    Next,

    /// <summary>The loop ends.</summary>
    Break,

    /// <summary>The loop's next turn begins.</summary>
    Continue,
}
