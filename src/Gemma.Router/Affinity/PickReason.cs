namespace Gemma.Router.Affinity;

/// <summary>Why a server was chosen.</summary>
internal enum PickReason
{
    /// <summary>It is the conversation's.</summary>
    Affinity,

    /// <summary>The conversation's is too busy.</summary>
    Overflow,

    /// <summary>The request belongs to no conversation.</summary>
    None,
}
