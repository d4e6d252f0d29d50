using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Gemma.SemanticKernel.Tests.Field;

/// <summary>Sends a case's request by the way that it names.</summary>
/// <param name="services">Where the model is registered.</param>
internal sealed class ChatCaseSender(IServiceProvider services)
{
    /// <summary>Sends messages, or a prompt, and gives what came of it.</summary>
    /// <param name="request">What has <c>messages</c> or <c>prompt</c>.</param>
    /// <param name="item">The case, which says by which way.</param>
    /// <param name="options">The options.</param>
    public async Task<ChatCaseAnswer> SendAsync(JsonElement request, JsonElement item, ChatOptions options)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        if (request.TryGetProperty("prompt", out var prompt))
        {
            var result = await new Kernel(services).InvokePromptAsync(prompt.GetString()!, cancellationToken: cancellationToken);
            return ChatCaseAnswer.Of(result.ToString(), result.Metadata!);
        }

        var via = item.TryGetProperty("via", out var way) ? way.GetString() : "chat";
        if (via == "kernel")
        {
            var history = new ChatHistory();
            foreach (var message in request.GetProperty("messages").EnumerateArray())
                history.AddMessage(new AuthorRole(message.GetProperty("role").GetString()!), message.GetProperty("text").GetString()!);
            var content = await services.GetRequiredService<IChatCompletionService>()
                .GetChatMessageContentAsync(history, new GemmaPromptExecutionSettings
                {
                    MaxTokens = options.MaxOutputTokens,
                }, cancellationToken: cancellationToken);
            return ChatCaseAnswer.Of(content.Content ?? string.Empty, content.Metadata!);
        }

        var client = services.GetRequiredService<IChatClient>();
        if (via == "invoking") client = client.AsBuilder().UseFunctionInvocation().Build();
        var messages = ChatCaseRequest.Messages(request.GetProperty("messages"));
        return ChatCaseAnswer.Of(item.TryGetProperty("stream", out var stream) && stream.GetBoolean()
            ? await client.GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync(messages, options, cancellationToken));
    }
}
