namespace Gemma.SemanticKernel.Classification;

/// <summary>What a filter does when a label reaches its threshold.</summary>
public enum GuardAction
{
    /// <summary>The call ends with a message instead of a result.</summary>
    Block,

    /// <summary>The call goes on; the label is noted in its arguments, and where there is a result in its metadata.</summary>
    Tag,
}
