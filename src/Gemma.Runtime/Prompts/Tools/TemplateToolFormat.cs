using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>The form of a template that renders functions, calls and results itself: only calls that the model is made to write have a form of ours.</summary>
/// <param name="form">What stands around name and arguments of such a call.</param>
/// <param name="rendersCalls">Whether the template renders earlier calls; if not, they are written into the message.</param>
internal sealed class TemplateToolFormat(CallForm form, bool rendersCalls) : IToolFormat
{
    /// <summary>Whether the template renders earlier calls; if not, they are written into the message.</summary>
    public bool RendersCalls => rendersCalls;

    /// <inheritdoc/>
    public CallForm Form => form;

    /// <inheritdoc/>
    public string Declare(IEnumerable<AIFunctionDeclaration> functions) => string.Empty;

    /// <inheritdoc/>
    public string Call(FunctionCallContent call) => ToolPrompt.Call(call, form.Syntax == CallSyntax.Json ? form : CallForm.Gemma);

    /// <inheritdoc/>
    public string Results(IEnumerable<(string Name, FunctionResultContent Result)> results) => ToolPrompt.Results(results);
}
