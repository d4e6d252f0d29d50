using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Inputs;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Classification;

/// <summary>Reads what a line of input asks to classify.</summary>
internal static class ClassificationLine
{
    /// <summary>A text, a pair, a conversation or ids.</summary>
    /// <exception cref="UsageException">The line has none of them, or a value of another type.</exception>
    public static ClassificationInput Parse(JsonLine line)
    {
        if (line.Ids("ids") is { } ids) return Tokens(line, ids);
        if (line.Find("messages") is { } messages) return ClassificationInput.FromMessages(Messages(line, messages));
        var text = line.Text("text") ?? throw line.Error("text", "the key is missing; a line has text (and text_pair), ids or messages");
        return line.Text("text_pair") is { } pair ? ClassificationInput.FromPair(text, pair) : ClassificationInput.FromText(text);
    }

    private static ClassificationInput Tokens(JsonLine line, int[] ids)
    {
        if (line.Ids("attention_mask") is not { } mask) return ClassificationInput.FromTokens(ids);
        try
        {
            return ClassificationInput.FromTokens(ids, mask);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"line {line.Number}: attention_mask: {e.Message}", e);
        }
    }

    private static IEnumerable<ChatMessage> Messages(JsonLine line, JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array) throw line.Error("messages", "a list of {role, content} is expected");
        return [.. messages.EnumerateArray().Select(message =>
            message.ValueKind == JsonValueKind.Object
            && message.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String
            && message.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String
                ? new ChatMessage(new ChatRole(JsonText.Read(role)), JsonText.Read(content))
                : throw line.Error("messages", "every message is an object with role and content"))];
    }
}
