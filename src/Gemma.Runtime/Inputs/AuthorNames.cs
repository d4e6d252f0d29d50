using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Inputs;

/// <summary>Tells the authors of a group chat apart: where several speak in one role, each text begins with its author's name.</summary>
internal static class AuthorNames
{
    /// <summary>The messages, with names where they are needed.</summary>
    public static IReadOnlyList<ChatMessage> Apply(IReadOnlyList<ChatMessage> messages)
    {
        var groups = messages.Where(message => message.Role != ChatRole.System && message.Role != ChatRole.Tool)
            .GroupBy(message => message.Role)
            .Where(group =>
                group.Select(message => message.AuthorName).Where(name => !string.IsNullOrWhiteSpace(name)).Distinct(StringComparer.Ordinal).Count() > 1)
            .Select(group => group.Key)
            .ToHashSet();
        return groups.Count == 0
            ? messages
            : [.. messages.Select(message => groups.Contains(message.Role) && !string.IsNullOrWhiteSpace(message.AuthorName) ? Named(message) : message)];
    }

    private static ChatMessage Named(ChatMessage message)
    {
        List<AIContent> contents = [.. message.Contents];
        var place = contents.FindIndex(content => content is TextContent { Text.Length: > 0 });
        if (place < 0) return message;
        contents[place] = new TextContent($"{message.AuthorName!.ReplaceLineEndings(" ").Trim()}: {((TextContent)contents[place]).Text}");
        return new ChatMessage(message.Role, contents) { AuthorName = message.AuthorName, MessageId = message.MessageId };
    }
}
