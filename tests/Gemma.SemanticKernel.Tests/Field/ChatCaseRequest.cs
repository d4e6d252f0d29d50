using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>The messages and options of a case.</summary>
internal static class ChatCaseRequest
{
    /// <summary>The messages.</summary>
    public static List<ChatMessage> Messages(JsonElement messages) =>
        [.. messages.EnumerateArray()
            .Select(message =>
                new ChatMessage(new ChatRole(message.GetProperty("role").GetString()!), message.TryGetProperty("text", out var text)
                    ? [new TextContent(text.GetString())]
                    : Contents(message.GetProperty("contents"))))];

    /// <summary>The options, for one seed.</summary>
    public static ChatOptions Options(JsonElement item, long? seed)
    {
        var options = new ChatOptions { Seed = seed };
        if (!item.TryGetProperty("options", out var given)) return options;
        foreach (var option in given.EnumerateObject())
        {
            switch (option.Name)
            {
                case "max": options.MaxOutputTokens = option.Value.GetInt32(); break;
                case "temperature": options.Temperature = option.Value.GetSingle(); break;
                case "instructions": options.Instructions = option.Value.GetString(); break;
                case "schema": options.ResponseFormat = ChatResponseFormat.ForJsonSchema(option.Value); break;
                case "tools": options.Tools = [.. Tools(option.Value)]; break;
                case "tool_mode": options.ToolMode = Mode(option.Value.GetString()!); break;
                case "seeds": break;
                default: throw new NotSupportedException($"The cases' option '{option.Name}' is new.");
            }
        }

        return options;
    }

    /// <summary>The seeds for which the case must hold.</summary>
    public static IEnumerable<long?> Seeds(JsonElement item) =>
        item.TryGetProperty("options", out var options) && options.TryGetProperty("seeds", out var seeds)
            ? seeds.EnumerateArray().Select(seed => (long?)seed.GetInt64())
            : [null];

    private static IEnumerable<AIFunctionDeclaration> Tools(JsonElement tools) =>
        tools.EnumerateArray()
            .Select(tool =>
                AIFunctionFactory.CreateDeclaration(tool.GetProperty("name").GetString()!, tool.GetProperty("description").GetString(),
                    tool.GetProperty("schema")));

    private static ChatToolMode Mode(string mode) => mode switch
    {
        "auto" => ChatToolMode.Auto,
        "none" => ChatToolMode.None,
        "required" => ChatToolMode.RequireAny,
        _ => ChatToolMode.RequireSpecific(mode),
    };

    private static List<AIContent> Contents(JsonElement contents) => [.. contents.EnumerateArray().Select(Content)];

    private static AIContent Content(JsonElement content)
    {
        var kind = content.EnumerateObject().First();
        return kind.Name switch
        {
            "text" => new TextContent(kind.Value.GetString()),
            "reasoning" => new TextReasoningContent(kind.Value.GetString()),
            "call" => new FunctionCallContent(Text(kind.Value, "id"), Text(kind.Value, "name"),
                JsonElement.Parse(Text(kind.Value, "arguments_json")).EnumerateObject()
                    .ToDictionary(argument => argument.Name, argument => (object?)argument.Value)),
            "result" => new FunctionResultContent(Text(kind.Value, "id"), Result(kind.Value)),
            "error" => new ErrorContent(kind.Value.GetString()),
            "hosted_file" => new HostedFileContent(kind.Value.GetString()!),
            "uri" => new UriContent(Text(kind.Value, "uri"), Text(kind.Value, "media_type")),
            "data" => Data(kind.Value),
            _ => throw new NotSupportedException($"The cases' content '{kind.Name}' is new."),
        };
    }

    private static DataContent Data(JsonElement data) =>
        new(data.TryGetProperty("text", out var text)
            ? Encoding.UTF8.GetBytes(text.GetString()!)
            : new byte[data.GetProperty("bytes").GetInt32()], Text(data, "media_type"));

    private static object? Result(JsonElement result)
    {
        if (result.TryGetProperty("json", out var json)) return JsonElement.Parse(json.GetString()!);
        if (result.TryGetProperty("content", out var content)) return Content(content);
        return result.TryGetProperty("contents", out var contents) ? Contents(contents) : Text(result, "string");
    }

    private static string Text(JsonElement value, string name) => value.GetProperty(name).GetString()!;
}
