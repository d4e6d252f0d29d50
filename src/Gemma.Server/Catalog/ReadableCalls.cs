using Gemma.Runtime.Generation;
using Microsoft.Extensions.AI;

namespace Gemma.Server.Catalog;

/// <summary>
/// Calls of one response as clients can take them: one that was cut off, or that cannot be read, is the text that the model wrote, since any arguments told
/// for it would be made up. An answer that the limit cut says so even if it has a call.
/// </summary>
internal sealed class ReadableCalls
{
    private readonly HashSet<string> _calling = new(StringComparer.Ordinal);

    public ChatResponseUpdate Of(ChatResponseUpdate update)
    {
        for (var i = 0; i < update.Contents.Count; i++)
        {
            if (update.Contents[i] is not FunctionCallContent call) continue;
            if (call is { Exception: not null, RawRepresentation: string text }) update.Contents[i] = new TextContent(text);
            else _calling.Add(update.MessageId ?? string.Empty);
        }

        if (update.FinishReason == ChatFinishReason.ToolCalls && update.RawRepresentation is GenerationSummary summary)
        {
            if (summary.FinishReason == GenerationFinishReason.Length) update.FinishReason = ChatFinishReason.Length;
            else if (!_calling.Contains(update.MessageId ?? string.Empty)) update.FinishReason = ChatFinishReason.Stop;
        }

        return update;
    }
}
