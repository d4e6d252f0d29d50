using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>Usage as Extensions.AI counts it; Semantic Kernel's services give it as well.</summary>
internal static class ChatUsage
{
    /// <summary>What the answers of one request used together: the prompt counts once.</summary>
    /// <param name="answers">What each used.</param>
    /// <param name="reasoningTokens">How many of the tokens were thoughts, or null where that is not known.</param>
    public static UsageDetails Of(IReadOnlyList<GenerationSummary> answers, long? reasoningTokens = null)
    {
        var output = answers.Sum(static answer => (long)answer.OutputTokens);
        return new UsageDetails
        {
            InputTokenCount = answers[0].InputTokens,
            OutputTokenCount = output,
            TotalTokenCount = answers[0].InputTokens + output,
            CachedInputTokenCount = answers[0].CachedInputTokens,
            ReasoningTokenCount = reasoningTokens,
        };
    }
}
