using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// The form of Hermes and of ChatML fine-tunes, in Qwen's words: signatures in <c>&lt;tools&gt;</c>, calls in <c>&lt;tool_call&gt;</c>, results in
/// <c>&lt;tool_response&gt;</c>.
/// </summary>
/// <param name="form">The form of calls.</param>
internal sealed class HermesToolFormat(CallForm form) : IToolFormat
{
    /// <inheritdoc/>
    public CallForm Form => form;

    /// <inheritdoc/>
    public string Declare(IEnumerable<AIFunctionDeclaration> functions)
    {
        var text = new StringBuilder(
            "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within "
                + "<tools></tools> XML tags:\n<tools>");
        foreach (var function in functions)
            text.Append("\n{\"type\": \"function\", \"function\": ").Append(ToolPrompt.DeclareJson([function])[1..^1]).Append('}');
        return text.Append(
            "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n")
            .Append("<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>\n\n").ToString();
    }

    /// <inheritdoc/>
    public string Call(FunctionCallContent call) => ToolPrompt.Call(call, CallForm.Hermes);

    /// <inheritdoc/>
    public string Results(IEnumerable<(string Name, FunctionResultContent Result)> results) =>
        string.Join('\n', results.Select(result => $"<tool_response>\n{ToolPrompt.Result(result.Name, result.Result)}\n</tool_response>"));
}
