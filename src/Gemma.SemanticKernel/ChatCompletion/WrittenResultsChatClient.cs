using System.Runtime.CompilerServices;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel;

/// <summary>
/// Puts an error in place of function results that JSON cannot hold, such as a stream or a list that holds itself: the history then says what the model was
/// told, and can be stored.
/// </summary>
internal sealed class WrittenResultsChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        var response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        foreach (var message in response.Messages) Replace(message.Contents);
        return response;
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
        {
            Replace(update.Contents);
            yield return update;
        }
    }

    private static void Replace(IList<AIContent> contents)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            if (contents[i] is FunctionResultContent { Result: { } value } result && !ToolValue.TryToJson(value, out _, out var problem))
                contents[i] = new FunctionResultContent(result.CallId, ToolValue.Unwritable) { Exception = problem };
        }
    }
}
