namespace Gemma.Runtime.Prompts.Tools;

/// <summary>What a scanner makes of the text so far.</summary>
internal enum CallVerdict
{
    /// <summary>It may still become a call.</summary>
    Undecided,

    /// <summary>It is text.</summary>
    Text,

    /// <summary>It ends here and can be read.</summary>
    Complete,

    /// <summary>It closes the block in which calls stood: neither a call nor text.</summary>
    Closing,
}
