using System.Runtime.CompilerServices;
using Gemma.Runtime.Inputs;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Classification;

/// <summary>A chat client that lets a classifier choose who answers: small talk to the small model, code to the large one.</summary>
/// <remarks>Safe for concurrent use. Owns neither the classifier nor the clients.</remarks>
/// <param name="classifier">Labels the conversation.</param>
/// <param name="routes">Which client answers which label.</param>
public sealed class ClassifierRoutingChatClient(ISequenceClassifier classifier, RoutingTable routes) : IChatClient
{
    /// <summary>The key of the label in <see cref="ChatResponse.AdditionalProperties"/> and in those of updates.</summary>
    public const string LabelKey = "gemma.route.label";

    private readonly ISequenceClassifier _classifier = classifier ?? throw new ArgumentNullException(nameof(classifier));
    private readonly RoutingTable _routes = routes ?? throw new ArgumentNullException(nameof(routes));

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] conversation = [.. messages];
        var (client, label) = await ChooseAsync(conversation, cancellationToken).ConfigureAwait(false);
        var response = await client.GetResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false);
        (response.AdditionalProperties ??= [])[LabelKey] = label;
        return response;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatMessage[] conversation = [.. messages];
        var (client, label) = await ChooseAsync(conversation, cancellationToken).ConfigureAwait(false);
        await foreach (var update in client.GetStreamingResponseAsync(conversation, options, cancellationToken).ConfigureAwait(false))
        {
            (update.AdditionalProperties ??= [])[LabelKey] = label;
            yield return update;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType.IsInstanceOfType(_classifier) ? _classifier
            : _routes.Fallback.GetService(serviceType);
    }

    /// <summary>Does nothing: clients and classifier belong to whoever made them.</summary>
    public void Dispose()
    {
    }

    private async Task<(IChatClient Client, string Label)> ChooseAsync(ChatMessage[] conversation, CancellationToken cancellationToken)
    {
        var input = _routes.ClassifyConversation
            ? ClassificationInput.FromMessages(conversation)
            : ClassificationInput.FromText(Array.FindLast(conversation, static message => message.Role == ChatRole.User)?.Text ?? string.Empty);
        var result = await _classifier.ClassifyAsync(input, _routes.Options, cancellationToken).ConfigureAwait(false);
        var client = result.Score >= _routes.MinimumScore ? _routes.Clients.GetValueOrDefault(result.Label) : null;
        return (client ?? _routes.Fallback, result.Label);
    }
}
