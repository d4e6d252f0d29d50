namespace Gemma.Runtime.Generation;

/// <summary>A step of a sequence: a token, or at its end the summary.</summary>
/// <param name="TokenId">The token, or null in the sequence's last update.</param>
/// <param name="Text">The text that became certain with this step; empty while a character or a stop sequence may still be unfinished.</param>
/// <param name="Summary">Set in the sequence's last update only.</param>
public readonly record struct GenerationUpdate(int? TokenId, string Text, GenerationSummary? Summary)
{
    /// <summary>Which of the request's sequences, from 0. The updates of several come as their tokens do, in turn.</summary>
    public int Sequence { get; init; }

    /// <summary>The token's log-probability and the most likely ones, if the request asked for them.</summary>
    public TokenChoice? Choice { get; init; }
}
