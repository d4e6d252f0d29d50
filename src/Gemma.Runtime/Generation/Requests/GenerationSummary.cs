namespace Gemma.Runtime.Generation;

/// <summary>What a finished sequence used.</summary>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="InputTokens">Tokens of the prompt.</param>
/// <param name="CachedInputTokens">Prompt tokens that need not be computed, because an earlier request, or another sequence of this one, began alike.</param>
/// <param name="OutputTokens">Generated tokens, with the stop token.</param>
/// <param name="TimeToFirstToken">From the request to its first token, waiting included.</param>
/// <param name="Duration">From the request to the sequence's last token.</param>
public sealed record GenerationSummary(GenerationFinishReason FinishReason, int InputTokens, int CachedInputTokens, int OutputTokens, TimeSpan TimeToFirstToken,
    TimeSpan Duration)
{
    /// <summary>In beam search the sum of the processed log-probabilities, divided by the penalised length; otherwise null.</summary>
    public float? Score { get; init; }

    /// <summary>Tokens per second after the first one, or 0.</summary>
    public double TokensPerSecond => OutputTokens > 1 && Duration > TimeToFirstToken ? (OutputTokens - 1) / (Duration - TimeToFirstToken).TotalSeconds : 0;
}
