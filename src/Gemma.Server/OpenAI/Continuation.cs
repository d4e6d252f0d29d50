using Gemma.Server.Errors;
using Gemma.Server.Http;
using Microsoft.Extensions.AI;

namespace Gemma.Server.OpenAI;

/// <summary>
/// Whether the model goes on with the last message: it does with a text of the assistant's, as llama.cpp and Ollama do it. vLLM's
/// <c>continue_final_message</c> and <c>add_generation_prompt</c> say it in words.
/// </summary>
internal static class Continuation
{
    /// <summary>The property of <see cref="ChatOptions.AdditionalProperties"/> that asks for it.</summary>
    public const string Property = "continue_final_message";

    private const string GenerationPrompt = "add_generation_prompt";

    /// <summary>Whether a conversation ends with a text of the assistant's.</summary>
    public static bool Fits(IReadOnlyList<ChatMessage> messages) =>
        messages is [.., { Text.Length: > 0 } last] && last.Role == ChatRole.Assistant && !last.Contents.OfType<FunctionCallContent>().Any();

    /// <summary>What a request asks for, by its messages and in words.</summary>
    /// <exception cref="ApiException">It ends with two messages of the assistant, or asks for what its messages do not allow.</exception>
    public static bool Read(BodyObject body, IReadOnlyList<ChatMessage> messages)
    {
        if (messages is [.., var first, var second] && first.Role == ChatRole.Assistant && second.Role == ChatRole.Assistant)
            throw ApiException.Invalid("messages", "'messages' ends with two messages of the assistant: only one can be continued.");
        var (asked, begins) = (body.Flag(Property), body.Flag(GenerationPrompt));
        if (asked == true && begins == true)
            throw ApiException.Invalid(Property, $"'{Property}' and '{GenerationPrompt}' exclude each other: send one of them.");
        if (asked == true && !Fits(messages))
            throw ApiException.Invalid(Property, $"'{Property}' needs a last message of the assistant with text and without calls.");
        var continues = Fits(messages) && asked != false && begins != true;
        return begins != false || continues
            ? continues
            : throw ApiException.Invalid(GenerationPrompt, $"Without '{GenerationPrompt}' there must be a last message of the assistant to continue.");
    }
}
