using System.Runtime.ExceptionServices;

namespace Gemma.Runtime.Prompts;

/// <summary>Renders any list of messages: what a template does not take is brought into a form that it does.</summary>
internal static class ConversationPrompt
{
    /// <summary>Renders a conversation.</summary>
    /// <exception cref="ChatTemplateException">There are no messages, a role is unknown, or the template refuses the conversation.</exception>
    public static RenderedPrompt Render(IChatTemplate template, ChatTemplateRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Turns.Count == 0) throw new ChatTemplateException("The conversation has no messages; at least one is needed.");
        if (request.ContinueFinalMessage && request.Turns[^1].Role is not ("assistant" or "model"))
            throw new ChatTemplateException("Only a last message of the assistant can be continued (continue_final_message).");
        var chosen = template is NamedChatTemplates named ? named.Choose(request.Tools.Count > 0, request.TemplateName) : template;
        var traits = (chosen as JinjaChatTemplate)?.Traits;
        foreach (var turn in request.Turns)
        {
            if (turn.Role is not ("system" or "developer" or "user" or "assistant" or "model" or "tool") && traits?.Names(turn.Role) != true)
                throw new ChatTemplateException($"A message has the unknown role '{turn.Role}'; system, user, assistant and tool are known.");
        }

        request = request with { TemplateName = null };
        return chosen is JinjaChatTemplate own
            ? Render(own, request, cancellationToken)
            : chosen.RenderPrompt(request with { Turns = ChatConversation.Normalize(request.Turns) }, cancellationToken);
    }

    // As it is if the template takes it; otherwise, or where a text would be lost, in the strictest form.
    private static RenderedPrompt Render(JinjaChatTemplate template, ChatTemplateRequest request, CancellationToken cancellationToken)
    {
        var natural = request with { Turns = ChatConversation.Normalize(request.Turns, template.Traits) };
        RenderedPrompt? prompt = null;
        ChatTemplateException? error = null;
        try
        {
            prompt = template.RenderPrompt(natural, cancellationToken);
            if (HasAll(prompt, natural)) return prompt;
        }
        catch (ChatTemplateException e)
        {
            error = e;
        }

        var strict = request with { Turns = ChatConversation.Normalize(request.Turns, template.StrictTraits) };
        try
        {
            var other = template.RenderPrompt(strict, cancellationToken);
            if (prompt is null || HasAll(other, strict)) return other;
        }
        catch (ChatTemplateException) when (prompt is not null || error is not null)
        {
            // What the template says of the conversation as it is tells more.
        }

        if (error is not null) ExceptionDispatchInfo.Throw(error);
        return prompt!;
    }

    private static bool HasAll(RenderedPrompt prompt, ChatTemplateRequest request)
    {
        var sources = prompt.Spans.Select(span => span.Source).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < request.Turns.Count; i++)
        {
            if (request.Turns[i] is { Parts: null, Content: { } content } && !string.IsNullOrWhiteSpace(content) && !sources.Contains($"messages[{i}].content"))
                return false;
        }

        return true;
    }
}
