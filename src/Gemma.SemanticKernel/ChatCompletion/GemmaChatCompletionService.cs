using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Gemma.SemanticKernel;

/// <summary>Extensions.AI's bridge to Semantic Kernel, with metadata on every piece of a stream and usage of the type that whole messages have.</summary>
/// <param name="bridge">The bridge over the model's chat client.</param>
internal sealed class GemmaChatCompletionService(IChatCompletionService bridge) : IChatCompletionService
{
    private const string UsageKey = "Usage";

    private static readonly IReadOnlyDictionary<string, object?> Nothing = new Dictionary<string, object?>();

    public IReadOnlyDictionary<string, object?> Attributes => bridge.Attributes;

    public Task<IReadOnlyList<ChatMessageContent>> GetChatMessageContentsAsync(
        ChatHistory chatHistory,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        CancellationToken cancellationToken = default) =>
        bridge.GetChatMessageContentsAsync(chatHistory, executionSettings, kernel, cancellationToken);

    public async IAsyncEnumerable<StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(
        ChatHistory chatHistory,
        PromptExecutionSettings? executionSettings = null,
        Kernel? kernel = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pieces = bridge.GetStreamingChatMessageContentsAsync(chatHistory, executionSettings, kernel, cancellationToken);
        await foreach (var piece in pieces.ConfigureAwait(false))
        {
            piece.Metadata ??= Nothing;
            if (piece.Metadata.GetValueOrDefault(UsageKey) is UsageContent usage)
                piece.Metadata = new Dictionary<string, object?>(piece.Metadata) { [UsageKey] = usage.Details };
            yield return piece;
        }
    }
}
