using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>Turns messages into a prompt of ids.</summary>
internal static class ChatPrompt
{
    /// <summary>The conversation's turns. The messages are enumerated once.</summary>
    /// <exception cref="NotSupportedException">A message has an image or another content that the model cannot read.</exception>
    public static IReadOnlyList<ChatTurn> Create(IEnumerable<ChatMessage> messages, string? instructions, IReadOnlyList<AIFunctionDeclaration> functions)
    {
        List<ChatMessage> conversation = string.IsNullOrEmpty(instructions) ? [] : [new ChatMessage(ChatRole.System, instructions)];
        foreach (var message in messages)
        {
            foreach (var content in message.Contents)
            {
                if (content is DataContent or UriContent) throw new NotSupportedException($"The message has a content of type {MediaType(content)}, but this model reads text only; remove it or describe it in words.");
            }

            conversation.Add(message);
        }

        return [.. ToolConversation.Render(conversation, functions).Select(turn => new ChatTurn(turn.Role.Value, turn.Text))];
    }

    /// <summary>The prompt's ids, up to where the model answers.</summary>
    public static int[] Encode(GemmaModel model, IReadOnlyList<ChatTurn> turns)
    {
        if (model.Tokenizer is not { } tokenizer || model.ChatTemplate is not { } template) throw new NotSupportedException($"'{model.ModelId}' has no tokenizer files: it takes token ids only, through GemmaModel.GenerateAsync.");
        return new PromptEncoder(tokenizer).Encode(template.Render(ChatConversation.Normalize(turns), addGenerationPrompt: true));
    }

    private static string MediaType(AIContent content) => content switch
    {
        DataContent data => data.MediaType,
        UriContent uri => uri.MediaType,
        _ => content.GetType().Name,
    };
}
