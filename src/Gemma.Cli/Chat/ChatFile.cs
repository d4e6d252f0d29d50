using System.Text.Json;
using System.Text.Json.Serialization;
using Gemma.Cli.Infrastructure;
using Microsoft.Extensions.AI;

namespace Gemma.Cli.Chat;

/// <summary>A conversation on disk: <c>{"system": …, "messages": [{"role", "content"}]}</c>.</summary>
internal static class ChatFile
{
    public static void Save(string path, string? system, IEnumerable<ChatMessage> messages)
    {
        var text = JsonSerializer.Serialize(new SavedChat(system, [.. messages.Select(message => new SavedMessage(message.Role.Value, message.Text))]),
            ChatFileJson.Default.SavedChat);
        File.WriteAllText(path + ".tmp", text + "\n");
        File.Move(path + ".tmp", path, overwrite: true);
    }

    /// <exception cref="UsageException">The file is no conversation.</exception>
    public static (string? System, List<ChatMessage> Messages) Load(string path)
    {
        try
        {
            var saved = JsonSerializer.Deserialize(File.ReadAllText(path), ChatFileJson.Default.SavedChat);
            return saved?.Messages is { } messages
                ? (saved.System, [.. messages.Select(message => new ChatMessage(new ChatRole(message.Role), message.Content))])
                : throw new UsageException($"{path} has no messages.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path} is no conversation that /save wrote.", e);
        }
    }
}

/// <summary>The file.</summary>
internal sealed record SavedChat(string? System, SavedMessage[] Messages);

/// <summary>A message in it.</summary>
internal sealed record SavedMessage(string Role, string Content);

/// <summary>Its form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(SavedChat))]
internal sealed partial class ChatFileJson : JsonSerializerContext;
