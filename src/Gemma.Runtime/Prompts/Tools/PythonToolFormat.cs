using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Google's guide to function calling with Gemma, variant in Python's notation. A model that is made to call writes JSON, whose form a grammar can follow.</summary>
internal sealed class PythonToolFormat : IToolFormat
{
    private const string Header =
        """
        You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of
        [func_name1(params_name1=params_value1, params_name2=params_value2...), func_name2(params)]

        You SHOULD NOT include any other text in the response if you call a function

        """;

    /// <inheritdoc/>
    public CallForm Form => CallForm.Gemma;

    /// <inheritdoc/>
    public string Declare(IEnumerable<AIFunctionDeclaration> functions) => $"{Header.ReplaceLineEndings("\n")}{ToolPrompt.DeclareJson(functions)}\n\n";

    /// <inheritdoc/>
    public string Call(FunctionCallContent call)
    {
        var text = new StringBuilder($"[{call.Name}(");
        var separator = string.Empty;
        foreach (var (name, value) in ToolPrompt.Arguments(call))
        {
            Append(text.Append(separator).Append(name).Append('='), value);
            separator = ", ";
        }

        return text.Append(")]").ToString();
    }

    /// <inheritdoc/>
    public string Results(IEnumerable<(string Name, FunctionResultContent Result)> results) => ToolPrompt.Results(results);

    private static void Append(StringBuilder text, JsonElement value)
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
