using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Gemma.Runtime.Prompts.Jinja.Python;

namespace Gemma.Runtime.Prompts.Jinja.Values;

/// <summary>Turns JSON into values. Every text keeps where it stood.</summary>
internal static class JsonValues
{
    private static readonly HashSet<string> KnownRoles =
    [
        "system", "developer", "user", "assistant", "model", "tool", "function", "ipython", "tool_response", "tool_call", "tool_calls", "observation",
        "environment",
        "documents", "document", "query", "context", "critic", "human", "gpt", "bot", "chatbot",
    ];

    /// <summary>The value of a JSON element.</summary>
    /// <param name="element">The element.</param>
    /// <param name="path">Where it stands in the template's input.</param>
    public static JinjaValue Read(JsonElement element, ValuePath path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return Text(JsonStrings.Read(element), path);
            case JsonValueKind.Number:
                return Number(element);
            case JsonValueKind.True:
                return BoolValue.True;
            case JsonValueKind.False:
                return BoolValue.False;
            case JsonValueKind.Array:
                List<JinjaValue> items = new(element.GetArrayLength());
                foreach (var item in element.EnumerateArray()) items.Add(Read(item, path.Item(items.Count)));
                return new ListValue(items);
            case JsonValueKind.Object:
                var dict = new DictValue();
                foreach (var property in element.EnumerateObject())
                {
                    var name = JsonStrings.ReadName(property);
                    var member = path.Member(name);
                    dict.Set(Text(name, member, isKey: true), Read(property.Value, member));
                }

                return dict;
            default:
                return NoneValue.Instance;
        }
    }

    /// <summary>A text of the input.</summary>
    public static TextValue Text(string text, ValuePath path, bool isKey = false) => TextValue.From(text, TextOrigin.Input(path, isKey), 0);

    /// <summary>A message's role: a known one counts as the template's, which may make a control token with it.</summary>
    public static TextValue Role(string role, ValuePath path) => TextValue.From(role, TextOrigin.Input(path, isTrusted: KnownRoles.Contains(role)), 0);

    /// <summary>A list of messages, with their roles.</summary>
    public static JinjaValue Messages(JsonElement messages)
    {
        var path = new ValuePath("messages");
        var list = Read(messages, path);
        if (list is not ListValue { Items: var items }) return list;
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is DictValue message && message.Find("role") is TextValue role) message.Set("role", Role(role.Flat, path.Item(i).Member("role")));
        }

        return list;
    }

    private static JinjaValue Number(JsonElement element)
    {
        var text = element.GetRawText();
        return text.AsSpan().IndexOfAny(".eE") >= 0 || text.Length > JinjaLimits.IntegerDigits
            ? new FloatValue(element.GetDouble())
            : IntValue.From(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }
}
