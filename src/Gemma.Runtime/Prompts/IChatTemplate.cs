namespace Gemma.Runtime.Prompts;

/// <summary>Turns a conversation into a prompt. Implementations are thread-safe.</summary>
/// <remarks>Implement it for a checkpoint whose <c>chat_template</c> is none of <see cref="ChatTemplates"/>. Only what the template itself writes may be a control part: then no message can forge a turn.</remarks>
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
}
