using System.Globalization;
using System.Text;
using System.Text.Json;
using Gemma.Runtime.Generation.Constraints.Compilation;
using Gemma.Runtime.Generation.Constraints.Schemas;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>Tells the model the schema of its answer in few tokens: what is left of a JSON schema when it is written as an example of types.</summary>
internal sealed class SchemaPrompt
{
    private const int MaxDepth = 8;
    private const int MaxLength = 4000;
    private const char More = '…';
    private readonly StringBuilder _text = new();
    private readonly List<SchemaNode> _path = [];

    private SchemaPrompt()
    {
    }

    /// <summary>The instructions with the schema of a response format behind them.</summary>
    /// <param name="instructions">The caller's own instructions, or null.</param>
    /// <param name="format">The format of the answer.</param>
    /// <param name="hasFunctions">Whether the model may call a function instead.</param>
    public static string? Join(string? instructions, ChatResponseFormat? format, bool hasFunctions)
    {
        if (format is not ChatResponseFormatJson { Schema: { } schema }) return instructions;
        var text = $"{(hasFunctions ? "If you call no function, answer" : "Answer")} only with JSON like {Describe(schema)}";
        return string.IsNullOrEmpty(instructions) ? text : $"{instructions}\n\n{text}";
    }

    /// <summary>The schema in short.</summary>
    public static string Describe(JsonElement schema)
    {
        CompilationBudget.CheckSize([schema]);
        var prompt = new SchemaPrompt();
        prompt.Append(new SchemaDocument(schema, new CompilationBudget(CancellationToken.None), _ => { }).Root);
        return prompt._text.Length <= MaxLength ? prompt._text.ToString() : prompt._text.ToString(0, MaxLength) + More;
    }

    private void Append(SchemaNode schema)
    {
        if (_text.Length > MaxLength || _path.Count == MaxDepth || _path.Contains(schema))
        {
            _text.Append(More);
            return;
        }

        _path.Add(schema);
        if (schema.IsTrue || schema.IsFalse) _text.Append("any");
        else AppendType(schema, schema.Keywords);
        _path.RemoveAt(_path.Count - 1);
    }

    private void AppendType(SchemaNode schema, SchemaKeywords keywords)
    {
        if (keywords.Values is { } values) AppendJoined(values, " | ", value => { _text.Append(JsonText.Spellings(value).First()); });
        else if (keywords.Properties is { Count: > 0 }) AppendObject(keywords);
        else if (keywords.Also.Count > 0) Append(keywords.Also[0]);
        else if (keywords.Choices is [var choice, ..]) AppendJoined(choice.Alternatives, " | ", Append);
        else if (keywords.Items is not null || keywords.PrefixItems.Count > 0) AppendArray(keywords);
        else if (keywords.AdditionalProperties is { IsFalse: false } additional) AppendDictionary(additional);
        else AppendScalar(schema, keywords);
        if (keywords.Types is { } types && types.HasFlag(SchemaTypes.Null) && types != SchemaTypes.Null && keywords.Values is null) _text.Append(" | null");
    }

    private void AppendObject(SchemaKeywords keywords)
    {
        _text.Append('{');
        AppendJoined(keywords.PropertyOrder, ", ", name =>
        {
            _text.Append(JsonText.Of(name)).Append(keywords.Required.Contains(name) ? ": " : "?: ");
            var value = keywords.Properties![name];
            Append(value);
            if (value.Element.ValueKind == JsonValueKind.Object
                && value.Element.TryGetProperty("description", out var description)
                && description.ValueKind == JsonValueKind.String) _text.Append(" (").Append(description.GetString()).Append(')');
        });
        _text.Append('}');
    }

    private void AppendArray(SchemaKeywords keywords)
    {
        _text.Append('[');
        AppendJoined([.. keywords.PrefixItems, .. keywords.Items is { IsFalse: false } items ? [items] : Array.Empty<SchemaNode>()], ", ", Append);
        _text.Append(keywords.Items is { IsFalse: false } ? ", …]" : "]");
    }

    private void AppendDictionary(SchemaNode value)
    {
        _text.Append("{name: ");
        Append(value);
        _text.Append(", …}");
    }

    private void AppendScalar(SchemaNode schema, SchemaKeywords keywords)
    {
        var types = (keywords.Types ?? SchemaTypes.All) & ~SchemaTypes.Null;
        string?[] names =
        [
            types.HasFlag(SchemaTypes.Object) ? "object" : null,
            types.HasFlag(SchemaTypes.Array) ? "array" : null,
            types.HasFlag(SchemaTypes.String) ? Text(schema, "format") ?? "string" : null,
            types.HasFlag(SchemaTypes.Number) ? "number" : types.HasFlag(SchemaTypes.Integer) ? "integer" : null,
            types.HasFlag(SchemaTypes.Boolean) ? "true | false" : null,
        ];
        _text.Append(types == (SchemaTypes.All & ~SchemaTypes.Null) ? "any" : types == SchemaTypes.None ? "null" : string.Join(" | ", names.OfType<string>()));
        if (keywords.Range is { } range && (range.Low ?? range.High) is not null) _text.Append(CultureInfo.InvariantCulture, $" {range.Low}..{range.High}");
        if (Text(schema, "pattern") is { } pattern) _text.Append(' ').Append('/').Append(pattern).Append('/');
    }

    private static string? Text(SchemaNode schema, string keyword) =>
        schema.Element.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private void AppendJoined<T>(IReadOnlyList<T> items, string separator, Action<T> append)
    {
        for (var i = 0; i < items.Count && _text.Length <= MaxLength; i++)
        {
            if (i > 0) _text.Append(separator);
            append(items[i]);
        }
    }
}
