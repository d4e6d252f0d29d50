using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Tests;

/// <summary>What transformers computed with the repository's small model.</summary>
internal static class TinyGemmaGoldens
{
    /// <summary>The whole file.</summary>
    public static JsonElement Root { get; } =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedData.RepositoryRoot, "tests", "Shared", "tiny-gemma-goldens.json"))).RootElement;

    /// <summary>The conversations' names.</summary>
    public static TheoryData<string> Conversations =>
        [.. Root.GetProperty("conversations").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    /// <summary>A conversation by its name.</summary>
    public static JsonElement Conversation(string id) =>
        Root.GetProperty("conversations").EnumerateArray().First(item => item.GetProperty("id").GetString() == id);

    /// <summary>The messages of a conversation.</summary>
    public static List<ChatMessage> Messages(JsonElement conversation) =>
        [.. conversation.GetProperty("messages").EnumerateArray()
            .Select(message => new ChatMessage(new ChatRole(message.GetProperty("role").GetString()!), message.GetProperty("content").GetString()))];

    /// <summary>A list of ids.</summary>
    public static int[] Ids(JsonElement element, string name) => [.. element.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
