using System.Globalization;
using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Cli.Tokenize;

/// <summary>A line of <c>gemma tokenize --template</c>: what transformers' <c>apply_chat_template</c> takes.</summary>
internal static class TemplateLine
{
    /// <exception cref="UsageException">The line has a value of the wrong type.</exception>
    public static TemplateInput Read(JsonLine line)
    {
        var messages = List(line, "messages") ?? throw line.Error("messages", "a list of messages is expected");
        var final = line.Flag("continue_final_message", false);
        var kwargs = line.Find("kwargs") ?? JsonElement.Parse("{}");
        if (kwargs.ValueKind != JsonValueKind.Object) throw line.Error("kwargs", "an object of template variables is expected");
        return new TemplateInput
        {
            Messages = JsonValues.Messages(messages),
            Tools = Value(line, "tools"),
            Documents = Value(line, "documents"),
            AddGenerationPrompt = line.Flag("add_generation_prompt", false),
            ContinueFinalMessage = final,
            Variables = kwargs.EnumerateObject().Select(property => new KeyValuePair<string, JsonElement>(property.Name, property.Value)),
            TemplateName = line.Text("chat_template"),
            Time = Clock(line),
        };
    }

    private static JsonElement? List(JsonLine line, string name) => line.Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value => value,
        _ => throw line.Error(name, "a list is expected"),
    };

    private static JinjaValue Value(JsonLine line, string name) =>
        List(line, name) is { } value ? JsonValues.Read(value, new ValuePath(name)) : NoneValue.Instance;

    private static TimeProvider Clock(JsonLine line)
    {
        if (line.Text("now") is not { } now) return TimeProvider.System;
        return DateTime.TryParse(now, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? new FixedClock(new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)))
            : throw line.Error("now", "a time such as 2026-01-15T09:05:07 is expected");
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
