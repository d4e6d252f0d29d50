using System.Globalization;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>What all updates of one response have in common: ids, role, model and time.</summary>
internal sealed class ChatResponseShape(string modelId, TimeProvider time)
{
    private readonly string _responseId = Guid.NewGuid().ToString("N");
    private readonly DateTimeOffset _createdAt = time.GetUtcNow();

    /// <summary>Which answer an update belongs to, or null where it is no update of this library's.</summary>
    public static int? FindAnswer(ChatResponseUpdate update)
    {
        if (update is not { ResponseId: { } response, MessageId: { } message } || !message.StartsWith(response, StringComparison.Ordinal)) return null;
        if (message.Length == response.Length) return 0;
        return message[response.Length] == '-'
            && int.TryParse(message.AsSpan(response.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var answer)
            ? answer
            : null;
    }

    /// <summary>An update.</summary>
    /// <param name="answer">Which answer it belongs to; each is a message.</param>
    /// <param name="content">Its content, or null.</param>
    /// <param name="raw">What the engine gave.</param>
    public ChatResponseUpdate CreateUpdate(int answer, AIContent? content, object raw) => new(ChatRole.Assistant, content is null ? [] : [content])
    {
        ResponseId = _responseId,
        MessageId = answer == 0 ? _responseId : string.Create(CultureInfo.InvariantCulture, $"{_responseId}-{answer}"),
        ModelId = modelId,
        CreatedAt = _createdAt,
        RawRepresentation = raw,
    };
}
