using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Renders any list of messages: what a template does not take is brought into a form that it does.</summary>
internal static class ConversationPrompt
{
    private const string Tool = "tool";

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="ChatTemplateException">There are no messages, a role is unknown, or the template refuses the conversation.</exception>
    public static RenderedPrompt Render(IChatTemplate template, ChatTemplateRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Turns.Count == 0) throw new ChatTemplateException("The conversation has no messages; at least one is needed.");
        if (request.ContinueFinalMessage && request.Turns[^1].Role is not ("assistant" or "model"))
            throw new ChatTemplateException("Only a last message of the assistant can be continued (continue_final_message).");
        if (template is not NamedChatTemplates && request.TemplateName is { } name and not ChatTemplateFiles.DefaultName)
        {
            throw new ChatTemplateException(
                $"There is no chat template '{name}': the model has one only, '{ChatTemplateFiles.DefaultName}'; leave chat_template out.");
        }
        var chosen = template is NamedChatTemplates named ? named.Choose(request.Tools.Count > 0, request.TemplateName) : template;
        var traits = (chosen as JinjaChatTemplate)?.Traits;
        foreach (var turn in request.Turns)
        {
            if (turn.Role is not ("system" or "developer" or "user" or "assistant" or "model" or Tool) && traits?.Names(turn.Role) != true)
                throw new ChatTemplateException($"A message has the unknown role '{turn.Role}'; system, user, assistant and tool are known.");
        }

        request = request with { TemplateName = null };
        return chosen is JinjaChatTemplate own
            ? Render(own, request, cancellationToken)
            : chosen.RenderPrompt(request with { Turns = ChatConversation.Normalize(request.Turns) }, cancellationToken);
    }

    // As it is if the template takes it; otherwise, or where a text would be lost, in the strictest form; at last without results that it has no place for.
    private static RenderedPrompt Render(JinjaChatTemplate template, ChatTemplateRequest request, CancellationToken cancellationToken)
    {
        var natural = request with { Turns = ChatConversation.Normalize(request.Turns, template.Traits) };
        var (prompt, error) = TryRender(template, natural, cancellationToken);
        if (prompt is not null && HasAll(prompt, natural)) return prompt;
        var strict = request with { Turns = ChatConversation.Normalize(request.Turns, template.StrictTraits) };
        var (other, _) = TryRender(template, strict, cancellationToken);
        if (other is not null && HasAll(other, strict)) return other;
        var results = LostResults(prompt, natural);
        if (results.Count > 0) return Render(template, request with { Turns = WithTold(request.Turns, results) }, cancellationToken);

        // What the template says of the conversation as it is tells more.
        if (prompt is null && other is null) ExceptionDispatchInfo.Throw(error!);
        return prompt ?? other!;
    }

    private static (RenderedPrompt? Prompt, ChatTemplateException? Error) TryRender(JinjaChatTemplate template, ChatTemplateRequest request,
        CancellationToken cancellationToken)
    {
        try
        {
            return (template.RenderPrompt(request, cancellationToken), null);
        }
        catch (ChatTemplateException e)
        {
            return (null, e);
        }
    }

    private static bool HasAll(RenderedPrompt prompt, ChatTemplateRequest request) => !Lost(prompt, request).Any();

    // The turns whose text is not in the prompt.
    private static IEnumerable<ChatTurn> Lost(RenderedPrompt prompt, ChatTemplateRequest request)
    {
        var sources = prompt.Spans.Select(span => span.Source).ToHashSet(StringComparer.Ordinal);
        return request.Turns.Where((turn, index) =>
            turn is { Parts: null, Content: { } content } && !string.IsNullOrWhiteSpace(content) && !sources.Contains($"messages[{index}].content"));
    }

    // Of a template that refuses the conversation it is not known what it would lose: a result that follows no call.
    private static HashSet<ChatTurn> LostResults(RenderedPrompt? prompt, ChatTemplateRequest request)
    {
        var lost = prompt is not null
            ? Lost(prompt, request)
            : request.Turns.Where((_, index) => request.Turns.Take(index).LastOrDefault(turn => turn.Role != Tool) is not { ToolCalls.Count: > 0 });
        return new HashSet<ChatTurn>(lost.Where(turn => turn.Role == Tool), ReferenceEqualityComparer.Instance);
    }

    // A result that the template has no place for is told by the user, as to a model without functions.
    private static IReadOnlyList<ChatTurn> WithTold(IReadOnlyList<ChatTurn> turns, HashSet<ChatTurn> results) =>
        [.. turns.Select(turn => results.Contains(turn)
            ? new ChatTurn("user", ToolPrompt.Results([(turn.Name ?? string.Empty, new FunctionResultContent(turn.ToolCallId ?? string.Empty, turn.Content))]))
            : turn)];
}
