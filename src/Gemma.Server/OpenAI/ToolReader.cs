using System.Text.Json;
using Gemma.Server.Errors;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>. The client runs the functions; the model only calls them.</summary>
internal static class ToolReader
{
    private static readonly JsonElement AnyObject = JsonDocument.Parse("""{"type":"object"}""").RootElement.Clone();

    /// <param name="body">The request.</param>
    /// <param name="options">Receives what it says.</param>
    /// <param name="isFlat">Whether a function's fields stand in the tool itself, as in the Responses API.</param>
    public static void Read(BodyObject body, ChatOptions options, bool isFlat = false)
    {
        if (body.Objects("tools") is { Count: > 0 } tools) options.Tools = [.. tools.Select(tool => Declare(tool, isFlat))];
        if (body.Find("tool_choice") is { } choice) Choose(body, choice, options);
        options.AllowMultipleToolCalls = body.Flag("parallel_tool_calls");
    }

    private static AIFunctionDeclaration Declare(BodyObject tool, bool isFlat)
    {
        var type = tool.RequiredText("type");
        if (type != "function")
            throw ApiException.Invalid(tool.Key("type"), $"Tools of type '{type}' are not supported: only functions are.", "unsupported_parameter");
        var function = isFlat ? tool : tool.Object("function") ?? throw ApiException.Invalid(tool.Key("function"), $"'{tool.Key("function")}' is missing.");
        var name = function.RequiredText("name");
        if (string.IsNullOrWhiteSpace(name)) throw ApiException.Invalid(function.Key("name"), $"'{function.Key("name")}' is empty.");
        return AIFunctionFactory.CreateDeclaration(name, function.Text("description"), function.Object("parameters")?.Element.Clone()
            ?? AnyObject);
    }

    private static void Choose(BodyObject body, JsonElement choice, ChatOptions options)
    {
        if (choice.ValueKind == JsonValueKind.String)
        {
            options.ToolMode = choice.GetString() switch
            {
                "none" => ChatToolMode.None,
                "auto" => ChatToolMode.Auto,
                "required" => ChatToolMode.RequireAny,
                _ => throw body.Wrong("tool_choice", "none, auto, required or a function"),
            };
        }
        else
        {
            var item = body.Object("tool_choice")!.Value;
            options.ToolMode = item.RequiredText("type") switch
            {
                "function" => ChatToolMode.RequireSpecific((item.Object("function") ?? item).RequiredText("name")),
                "allowed_tools" => Allowed(body, item.Object("allowed_tools") ?? item, options),
                _ => throw body.Wrong("tool_choice", "none, auto, required or a function"),
            };
        }

        if (options.ToolMode is RequiredChatToolMode && options.Tools is not { Count: > 0 })
            throw ApiException.Invalid("tool_choice", "'tool_choice' asks for a call, but 'tools' is empty.");
        if (options.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } name } && !options.Tools!.Any(tool => tool.Name == name))
            throw ApiException.Invalid("tool_choice", $"'tool_choice' names '{name}', which 'tools' does not have.");
    }

    private static ChatToolMode Allowed(BodyObject body, BodyObject allowed, ChatOptions options)
    {
        var tools = allowed.Objects("tools") ?? throw ApiException.Invalid(allowed.Key("tools"), $"'{allowed.Key("tools")}' is missing.");
        var names = tools.Select(tool => (tool.Object("function") ?? tool).RequiredText("name")).ToHashSet(StringComparer.Ordinal);
        if (names.FirstOrDefault(name => options.Tools?.Any(tool => tool.Name == name) != true) is { } unknown)
            throw ApiException.Invalid("tool_choice", $"'tool_choice' names '{unknown}', which 'tools' does not have.");
        options.Tools = [.. (options.Tools ?? []).Where(tool => names.Contains(tool.Name))];
        return allowed.Text("mode") switch
        {
            "required" => ChatToolMode.RequireAny,
            "auto" or null => ChatToolMode.Auto,
            _ => throw body.Wrong("tool_choice", "a mode that is auto or required"),
        };
    }
}
