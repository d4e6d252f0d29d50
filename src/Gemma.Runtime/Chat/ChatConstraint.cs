using Gemma.Runtime.Generation.Constraints;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>The grammar that a request's options ask for.</summary>
internal static class ChatConstraint
{
    /// <summary>Whether the options ask for one.</summary>
    public static bool IsNeeded(ChatSettings settings) => settings.Functions.Count > 0 || settings.ResponseFormat is ChatResponseFormatJson;

    /// <summary>
    /// The constraint, or null. A required call goes before a format; where functions are offered, a call is allowed instead of the format, and anywhere in
    /// other text.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="settings">Functions, tool mode and format.</param>
    /// <param name="stopIds">The ids that may end the answer.</param>
    /// <param name="maxTokens">The tokens it may have: as they run out, a call or a format is led to its end.</param>
    /// <param name="thought">Whether a thought comes before a call or a format.</param>
    /// <param name="cancellationToken">Ends the compilation.</param>
    /// <exception cref="GemmaSchemaException">A schema cannot be followed.</exception>
    public static ITokenConstraint? Create(GemmaModel model, ChatSettings settings, IReadOnlyCollection<int> stopIds, int maxTokens, ThoughtPlace thought,
        CancellationToken cancellationToken)
    {
        var functions = settings.Functions;
        var grammar = (settings.ToolMode, settings.ResponseFormat) switch
        {
            (RequiredChatToolMode required, _) =>
                model.Constraints.ToolCall(functions, required.RequiredFunctionName, settings.AllowMultipleCalls == true, settings.OnIgnoredKeyword, thought,
                    cancellationToken),
            (_, ChatResponseFormatJson { Schema: { } schema }) =>
                model.Constraints.JsonSchema(schema, functions, settings.OnIgnoredKeyword, thought, cancellationToken),
            (_, ChatResponseFormatJson) => model.Constraints.Json(functions, thought, cancellationToken),
            _ => null,
        };
        if (grammar is not null) return new TokenConstraint(grammar, stopIds, maxTokens);

        // Free text may end anywhere: there is no end to lead it to.
        return functions.Count == 0
            ? null
            : new TokenConstraint(model.Constraints.TextWithCalls(functions, settings.OnIgnoredKeyword, cancellationToken), stopIds, null);
    }
}
