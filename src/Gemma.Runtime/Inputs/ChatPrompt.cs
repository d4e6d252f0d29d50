using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Inputs;

/// <summary>Turns messages into a prompt of ids.</summary>
internal static class ChatPrompt
{
    /// <summary>The conversation's turns. The messages are enumerated once.</summary>
    /// <param name="messages">The messages, oldest first.</param>
    /// <param name="instructions">A system text before them, or null.</param>
    /// <param name="functions">The functions to announce.</param>
    /// <param name="handling">What happens to contents that the model cannot read.</param>
    /// <param name="format">How functions, calls and results are written; null for Gemma's own form.</param>
    /// <exception cref="NotSupportedException">A message has an image or another content that the model cannot read.</exception>
    public static IReadOnlyList<ChatTurn> Create(
        IEnumerable<ChatMessage> messages,
        string? instructions,
        IReadOnlyList<AIFunctionDeclaration> functions,
        UnreadableContentHandling handling = UnreadableContentHandling.Refuse,
        IToolFormat? format = null)
    {
        var contents = new ReadableContents(handling);
        List<ChatMessage> conversation = string.IsNullOrEmpty(instructions) ? [] : [new ChatMessage(ChatRole.System, instructions)];
        foreach (var message in messages)
        {
            conversation.Add(new ChatMessage(Role(message.Role), [.. message.Contents.Select(contents.Read)])
            {
                AuthorName = message.AuthorName,
                MessageId = message.MessageId,
            });
        }

        if (format is TemplateToolFormat own) return TemplateConversation.Render(AuthorNames.Apply(conversation), own);
        return [.. ToolConversation.Render(AuthorNames.Apply(conversation), functions, format).Select(turn => new ChatTurn(turn.Role.Value, turn.Text))];
    }

    /// <summary>The prompt's ids, up to where the model answers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="turns">The conversation's turns.</param>
    /// <param name="options">What the request says about the template, or null.</param>
    /// <param name="functions">The functions to announce, where the template does that; or null.</param>
    /// <param name="cancellationToken">Stops a template that takes long.</param>
    /// <exception cref="ChatTemplateException">The template does not take the conversation.</exception>
    /// <exception cref="NotSupportedException">The model has no tokenizer, or no chat template.</exception>
    public static int[] Encode(
        GemmaModel model,
        IReadOnlyList<ChatTurn> turns,
        ChatTemplateOptions? options = null,
        IReadOnlyList<AIFunctionDeclaration>? functions = null,
        CancellationToken cancellationToken = default) => Read(model, turns, options, functions, cancellationToken).Ids;

    /// <summary>The prompt's ids, and whether they end inside a thought. Parameters and errors are those of <see cref="Encode"/>.</summary>
    public static EncodedPrompt Read(
        GemmaModel model,
        IReadOnlyList<ChatTurn> turns,
        ChatTemplateOptions? options,
        IReadOnlyList<AIFunctionDeclaration>? functions,
        CancellationToken cancellationToken)
    {
        if (model.Tokenizer is not { } tokenizer)
            throw new NotSupportedException($"'{model.ModelId}' has no tokenizer files: it takes token ids only, through GemmaModel.GenerateAsync.");
        if (model.ChatTemplate is not { } template)
        {
            throw new NotSupportedException(
                $"'{model.ModelId}' has no chat template and no turn tokens: give it raw prompts, or a template (option ChatTemplate).");
        }
        options ??= ChatTemplateOptions.None;
        var request = new ChatTemplateRequest(turns)
        {
            AddGenerationPrompt = options.AddGenerationPrompt && !options.ContinueFinalMessage,
            ContinueFinalMessage = options.ContinueFinalMessage,
            Variables = options.Variables,
            TemplateName = options.TemplateName,
            Tools = model.ToolFormat is TemplateToolFormat ? TemplateConversation.Tools(functions ?? []) : [],
        };
        var prompt = ConversationPrompt.Render(template, request, cancellationToken);
        return new EncodedPrompt(new PromptEncoder(tokenizer).Encode(prompt), model.ReplyMarks.EndsInThought(prompt, options.ContinueFinalMessage));
    }

    // ChatRole compares without case, templates do not; developer is OpenAI's newer word for system.
    private static ChatRole Role(ChatRole role) => role.Value.ToLowerInvariant() switch
    {
        "developer" or "system" => ChatRole.System,
        "user" => ChatRole.User,
        "assistant" or "model" => ChatRole.Assistant,
        "tool" => ChatRole.Tool,
        _ => role,
    };
}
