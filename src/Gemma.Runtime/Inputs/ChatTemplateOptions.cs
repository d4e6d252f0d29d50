using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Inputs;

/// <summary>
/// What a request says about the template, in <see cref="ChatOptions.AdditionalProperties"/>: <c>chat_template_kwargs</c> (variables),
/// <c>continue_final_message</c>, <c>chat_template</c> (one of several by name).
/// </summary>
internal sealed record ChatTemplateOptions
{
    public static readonly ChatTemplateOptions None = new();
    private const string EnableThinking = "enable_thinking";

    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    public bool ContinueFinalMessage { get; init; }

    /// <summary>Whether the prompt ends with the begin of the model's turn, unless the last message is continued.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    public string? TemplateName { get; init; }

    /// <summary>Whether the model is asked to think first, or not to; null where the request does not say.</summary>
    public bool? IsThinkingEnabled =>
        Variables.TryGetValue(EnableThinking, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.ValueKind == JsonValueKind.True
            : null;

    /// <exception cref="ArgumentException">A property has the wrong type.</exception>
    public static ChatTemplateOptions Read(ChatOptions options)
    {
        var properties = options.AdditionalProperties ?? [];
        var variables = properties.TryGetValue("chat_template_kwargs", out var given) ? ReadVariables(given) : None.Variables;
        return new ChatTemplateOptions
        {
            Variables = options.Reasoning?.Effort is { } effort ? WithEffort(variables, effort) : variables,
            ContinueFinalMessage = properties.TryGetValue("continue_final_message", out var final) && ReadFlag(final),
            TemplateName = properties.TryGetValue("chat_template", out var name) ? ReadName(name) : null,
        };
    }

    // The variables by which templates are asked to think; those that the caller sets go before them.
    private static Dictionary<string, JsonElement> WithEffort(IReadOnlyDictionary<string, JsonElement> variables, ReasoningEffort effort)
    {
        var all = new Dictionary<string, JsonElement>(variables);
        all.TryAdd(EnableThinking, JsonElement.Parse(effort == ReasoningEffort.None ? "false" : "true"));
        if (effort != ReasoningEffort.None)
        {
            all.TryAdd("reasoning_effort",
                JsonElement.Parse(effort switch { ReasoningEffort.Low => "\"low\"", ReasoningEffort.Medium => "\"medium\"", _ => "\"high\"" }));
        }
        return all;
    }

    private static IReadOnlyDictionary<string, JsonElement> ReadVariables(object? value) => value switch
    {
        null or JsonElement { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => None.Variables,
        JsonElement { ValueKind: JsonValueKind.Object } json => json.EnumerateObject().ToDictionary(property => property.Name, property => property.Value),
        IEnumerable<KeyValuePair<string, object?>> pairs => pairs.ToDictionary(pair => pair.Key, pair => Json(pair.Key, pair.Value)),
        IEnumerable<KeyValuePair<string, JsonElement>> pairs => pairs.ToDictionary(pair => pair.Key, pair => pair.Value),
        IEnumerable<KeyValuePair<string, string>> pairs => pairs.ToDictionary(pair => pair.Key, pair => Json(pair.Key, pair.Value)),
        IEnumerable<KeyValuePair<string, bool>> pairs => pairs.ToDictionary(pair => pair.Key, pair => Json(pair.Key, pair.Value)),
        _ => throw new ArgumentException(
            $"The property 'chat_template_kwargs' must be a dictionary of variables by name or a JSON object, not {value.GetType().Name}."),
    };

    private static bool ReadFlag(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        JsonElement { ValueKind: JsonValueKind.True or JsonValueKind.False } json => json.GetBoolean(),
        _ => throw new ArgumentException("The property 'continue_final_message' must be true or false."),
    };

    private static string? ReadName(object? value) => value switch
    {
        null => null,
        string name => name,
        JsonElement { ValueKind: JsonValueKind.String } json => json.GetString(),
        _ => throw new ArgumentException("The property 'chat_template' must be the name of one of the model's templates."),
    };

    private static JsonElement Json(string name, object? value) => value switch
    {
        JsonElement json => json,
        null => JsonElement.Parse("null"),
        _ when AIJsonUtilities.DefaultOptions.TryGetTypeInfo(value.GetType(), out var type) => JsonSerializer.SerializeToElement(value, type),
        _ => throw new ArgumentException($"The template variable '{name}' is a {value.GetType().Name}; give JSON, a text, a number, true or false."),
    };
}
