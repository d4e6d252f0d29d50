namespace Gemma.Runtime.Generation;

/// <summary>What generate() gives for a prompt, or one of several.</summary>
/// <param name="Ids">The new tokens; a stop token is the last one.</param>
/// <param name="FinishReason">Why it ended.</param>
public sealed record GeneratedSequence(IReadOnlyList<int> Ids, GenerationFinishReason FinishReason)
{
    /// <summary>In beam search the sum of the processed log-probabilities, divided by the penalised length; otherwise null.</summary>
    public float? Score { get; init; }

    /// <summary>One entry per new token, if the request asked for them; empty in beam search.</summary>
    public IReadOnlyList<TokenChoice> Choices { get; init; } = [];
}
