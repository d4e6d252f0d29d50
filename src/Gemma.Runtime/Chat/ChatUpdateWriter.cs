using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>Makes the updates of one response: same ids, role, model and time on all of them, usage and finish reason on the last.</summary>
internal sealed class ChatUpdateWriter(string modelId, TimeProvider time)
{
    private readonly string _responseId = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _createdAt = time.GetUtcNow();
    private bool _hasCalls;

    /// <summary>An update with one content.</summary>
    public ChatResponseUpdate Content(AIContent content)
    {
        _hasCalls |= content is FunctionCallContent;
        return Create(content);
    }

    /// <summary>The last update.</summary>
    public ChatResponseUpdate Final(GenerationSummary summary)
    {
        var update = Create(new UsageContent(new UsageDetails
        {
            InputTokenCount = summary.InputTokens,
            OutputTokenCount = summary.OutputTokens,
            TotalTokenCount = summary.InputTokens + summary.OutputTokens,
            CachedInputTokenCount = summary.CachedInputTokens,
        }));
        update.FinishReason = _hasCalls ? ChatFinishReason.ToolCalls : summary.FinishReason == GenerationFinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;
        update.RawRepresentation = summary;

        // Semantic Kernel passes a message's properties on, but not its finish reason.
        update.AdditionalProperties = new AdditionalPropertiesDictionary
        {
            ["FinishReason"] = update.FinishReason.Value.Value,
            ["TimeToFirstTokenMs"] = summary.TimeToFirstToken.TotalMilliseconds,
            ["TokensPerSecond"] = summary.TokensPerSecond,
        };
        return update;
    }

    private ChatResponseUpdate Create(AIContent content) => new(ChatRole.Assistant, [content])
    {
        ResponseId = _responseId,
        MessageId = _responseId,
        ModelId = modelId,
        CreatedAt = _createdAt,
    };
}
