using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>What came of a request, whichever service it went to.</summary>
/// <param name="Text">The answer's text.</param>
/// <param name="PromptTokens">The prompt's length.</param>
/// <param name="FinishReason">Why the answer ended.</param>
/// <param name="Calls">The calls in it.</param>
internal sealed record ChatCaseAnswer(string Text, long PromptTokens, string? FinishReason, IReadOnlyList<FunctionCallContent> Calls)
{
    /// <summary>Of a chat client.</summary>
    public static ChatCaseAnswer Of(ChatResponse response) =>
        new(response.Text, response.Usage!.InputTokenCount!.Value, response.FinishReason?.Value,
            [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()]);

    /// <summary>Of a service of Semantic Kernel.</summary>
    public static ChatCaseAnswer Of(string text, IReadOnlyDictionary<string, object?> metadata) =>
        new(text, ((UsageDetails)metadata["Usage"]!).InputTokenCount!.Value, metadata["FinishReason"]?.ToString(), []);
}
