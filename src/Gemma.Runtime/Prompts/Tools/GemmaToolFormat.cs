using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Google's guide to function calling with Gemma, JSON variant.</summary>
internal sealed class GemmaToolFormat : IToolFormat
{
    /// <inheritdoc/>
    public CallForm Form => CallForm.Gemma;

    /// <inheritdoc/>
    public string Declare(IEnumerable<AIFunctionDeclaration> functions) => ToolPrompt.Declare(functions);

    /// <inheritdoc/>
    public string Call(FunctionCallContent call) => ToolPrompt.Call(call);

    /// <inheritdoc/>
    public string Results(IEnumerable<(string Name, FunctionResultContent Result)> results) => ToolPrompt.Results(results);
}
