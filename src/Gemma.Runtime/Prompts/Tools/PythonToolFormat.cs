using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Google's guide to function calling with Gemma, variant in Python's notation.</summary>
internal sealed class PythonToolFormat : IToolFormat
{
    private const string Header =
        """
        You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of
        [func_name1(params_name1=params_value1, params_name2=params_value2...), func_name2(params)]

        You SHOULD NOT include any other text in the response if you call a function

        """;

    /// <inheritdoc/>
    public CallForm Form => CallForm.Python;

    /// <inheritdoc/>
    public string Declare(IEnumerable<AIFunctionDeclaration> functions) => $"{Header.ReplaceLineEndings("\n")}{ToolPrompt.DeclareJson(functions)}\n\n";

    /// <inheritdoc/>
    public string Call(FunctionCallContent call)
    {
        var text = new StringBuilder($"[{call.Name}(");
        var separator = string.Empty;
        foreach (var (name, value) in ToolPrompt.Arguments(call))
        {
            PythonLiteral.Append(text.Append(separator).Append(name).Append('='), value);
            separator = ", ";
        }

        return text.Append(")]").ToString();
    }

    /// <inheritdoc/>
    public string Results(IEnumerable<(string Name, FunctionResultContent Result)> results) => ToolPrompt.Results(results);
}
