using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Constraints;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>The grammar that a request's options ask for.</summary>
internal static class ChatConstraint
{
    /// <summary>Whether the options ask for one.</summary>
    public static bool IsNeeded(ChatToolMode? mode, ChatResponseFormat? format) => mode is RequiredChatToolMode || format is ChatResponseFormatJson;

    /// <summary>The constraint, or null. A required call goes before a format; where functions are offered, a call is allowed instead of the format.</summary>
    /// <param name="model">The model.</param>
    /// <param name="functions">The functions offered.</param>
    /// <param name="mode">Whether a call is required.</param>
    /// <param name="format">The format of the answer.</param>
    /// <param name="stopIds">The ids that may end the answer.</param>
    /// <param name="maxTokens">The tokens it may have: as they run out, it is led to its end.</param>
    /// <exception cref="GemmaSchemaException">A schema cannot be followed.</exception>
    public static ITokenConstraint? Create(GemmaModel model, IReadOnlyList<AIFunctionDeclaration> functions, ChatToolMode? mode, ChatResponseFormat? format, IReadOnlyCollection<int> stopIds, int maxTokens)
    {
        var grammar = (mode, format) switch
        {
            (RequiredChatToolMode required, _) => model.Constraints.ToolCall(functions, required.RequiredFunctionName),
            (_, ChatResponseFormatJson { Schema: { } schema }) => model.Constraints.JsonSchema(schema, functions),
            (_, ChatResponseFormatJson) => model.Constraints.Json(functions),
            _ => null,
        };
        return grammar is null ? null : new TokenConstraint(grammar, stopIds, maxTokens);
    }
}
