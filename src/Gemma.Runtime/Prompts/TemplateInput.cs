using System.Text.Json;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts;

/// <summary>A template's variables, as transformers' <c>apply_chat_template</c> passes them.</summary>
internal sealed record TemplateInput
{
    /// <summary>The messages.</summary>
    public required JinjaValue Messages { get; init; }

    /// <summary>The tools, or None: the variable is always there.</summary>
    public JinjaValue Tools { get; init; } = NoneValue.Instance;

    /// <summary>The documents, or None.</summary>
    public JinjaValue Documents { get; init; } = NoneValue.Instance;

    public bool AddGenerationPrompt { get; init; }

    public bool ContinueFinalMessage { get; init; }

    /// <summary>The caller's further variables.</summary>
    public IEnumerable<KeyValuePair<string, JsonElement>> Variables { get; init; } = [];

    /// <summary>Which of several templates is asked for, or null.</summary>
    public string? TemplateName { get; init; }

    /// <summary>The clock that the template sees.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether there are tools.</summary>
    public bool HasTools => Tools is not NoneValue;

    /// <summary>The variables of a request.</summary>
    public static TemplateInput From(ChatTemplateRequest request) => new()
    {
        Messages = TurnValues.Messages(request.Turns),
        Tools = List(request.Tools, "tools"),
        Documents = List(request.Documents, "documents"),
        AddGenerationPrompt = request.AddGenerationPrompt && !request.ContinueFinalMessage,
        ContinueFinalMessage = request.ContinueFinalMessage,
        Variables = request.Variables,
        TemplateName = request.TemplateName,
    };

    /// <summary>All variables by name: those of the call, then the tokenizer's, then the caller's.</summary>
    /// <param name="tokens">The tokenizer's special tokens.</param>
    public Dictionary<string, JinjaValue> ToVariables(IReadOnlyDictionary<string, TextValue> tokens)
    {
        var variables = new Dictionary<string, JinjaValue>
        {
            ["messages"] = Messages,
            ["tools"] = Tools,
            ["documents"] = Documents,
            ["add_generation_prompt"] = BoolValue.From(AddGenerationPrompt),
        };
        foreach (var (name, token) in tokens) variables[name] = token;
        foreach (var (name, value) in Variables)
            variables[name] = SpecialTokenNames.Contains(name) && value.ValueKind == JsonValueKind.String
                ? TextValue.FromTemplate(JsonStrings.Read(value))
                : JsonValues.Read(value, new ValuePath(name));
        return variables;
    }

    private static JinjaValue List(IReadOnlyList<JsonElement> items, string name)
    {
        if (items.Count == 0) return NoneValue.Instance;
        var path = new ValuePath(name);
        return new ListValue([.. items.Select((item, index) => JsonValues.Read(item, path.Item(index)))]);
    }
}
