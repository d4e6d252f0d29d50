namespace Gemma.SemanticKernel.Classification;

/// <summary>What of a function call is classified.</summary>
[Flags]
public enum GuardSubject
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Each argument that is a text, before the call.</summary>
    Arguments = 1,

    /// <summary>The result as text, after the call. Streamed results are not classified.</summary>
    Result = 2,
}
