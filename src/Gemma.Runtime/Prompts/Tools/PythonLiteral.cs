using System.Text;
using System.Text.Json;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Writes JSON values as Python's literals on one line.</summary>
internal static class PythonLiteral
{
    /// <summary>Appends a value whose strings are well-formed.</summary>
    public static void Append(StringBuilder text, JsonElement value)
    {
        var separator = string.Empty;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (var member in value.EnumerateObject())
                {
                    SpacedJson.AppendString(text.Append(separator), member.Name);
                    Append(text.Append(": "), member.Value);
                    separator = ", ";
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (var item in value.EnumerateArray())
                {
                    Append(text.Append(separator), item);
                    separator = ", ";
                }

                text.Append(']');
                break;
            case JsonValueKind.True:
                text.Append("True");
                break;
            case JsonValueKind.False:
                text.Append("False");
                break;
            case JsonValueKind.Null:
                text.Append("None");
                break;
            default:
                SpacedJson.Append(text, value);
                break;
        }
    }
}
