namespace Gemma.Runtime.Prompts;

/// <summary>Turns a conversation into a prompt. Implementations are thread-safe.</summary>
/// <remarks>
/// Only what the template itself writes may be a control part: then no message can forge a turn. <see cref="ChatTemplates"/> makes one from a checkpoint's own
/// text; implement it for a form that no text describes.
/// </remarks>
public interface IChatTemplate
{
    /// <summary>The template's name, for messages.</summary>
    string Name { get; }

    /// <summary>Renders a conversation.</summary>
    /// <param name="turns">The messages, oldest first.</param>
    /// <param name="addGenerationPrompt">Whether the prompt ends with the begin of the model's turn.</param>
    /// <returns>The parts in order; joined they are the text that transformers' <c>apply_chat_template</c> gives.</returns>
    /// <exception cref="ChatTemplateException">The template does not allow the conversation.</exception>
    IReadOnlyList<PromptPart> Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt);

    /// <summary>
    /// Renders a conversation with all that transformers' templates take. A template that has no use for tools, documents or variables passes over them, as in
    /// transformers.
    /// </summary>
    /// <param name="request">The conversation and the rest.</param>
    /// <param name="cancellationToken">Stops a template that takes long.</param>
    /// <exception cref="ChatTemplateException">The template does not allow the conversation, or fails.</exception>
    /// <exception cref="NotSupportedException">The template cannot continue a message.</exception>
    RenderedPrompt RenderPrompt(ChatTemplateRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ContinueFinalMessage) throw new NotSupportedException($"The chat template '{Name}' cannot continue a message.");
        return new RenderedPrompt(Render(request.Turns, request.AddGenerationPrompt), [], isComplete: false);
    }
}
