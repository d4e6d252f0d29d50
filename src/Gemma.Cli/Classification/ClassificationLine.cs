using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Inputs;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Classification;

/// <summary>Reads what a line of input asks to classify.</summary>
internal static class ClassificationLine
{
    private static readonly string[] Inputs = ["text", "ids", "messages"];

    /// <summary>A text, a pair, a conversation or ids.</summary>
    /// <exception cref="UsageException">The line has none of them, or a value of another type.</exception>
    public static ClassificationInput Parse(JsonLine line)
    {
        string[] given = [.. Inputs.Where(key => line.Find(key) is not null)];
        if (given.Length > 1) throw line.Error(given[1], $"the line has {given[0]} already; a line has text (and text_pair), ids or messages");
        line.CheckNeeds("text_pair", "text");
        line.CheckNeeds("attention_mask", "ids");
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
        return [.. messages.EnumerateArray().Select(message => Message(line, message))];
    }

    private static ChatMessage Message(JsonLine line, JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String
            || !message.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.String)
            throw line.Error("messages", "every message is an object with role and content");
        line.CheckKeys("messages", message, "role", "content");
        return new ChatMessage(new ChatRole(JsonText.Read(role)), JsonText.Read(content));
    }
}
