using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Catalog;

/// <summary>A registered model under the name that clients use.</summary>
/// <param name="Id">The service key, or the model's name where it has no key.</param>
/// <param name="Key">The service key, or null.</param>
/// <param name="IsFirst">Whether heads without a model's name are this one's.</param>
/// <param name="Provider">The application's services.</param>
internal sealed record ServedModel(string Id, string? Key, bool IsFirst, IServiceProvider Provider)
{
    public IGemmaModelSource Source => Provider.GetRequiredKeyedService<IGemmaModelSource>(Key);

    public IChatClient Chat => Provider.GetRequiredKeyedService<IChatClient>(Key);

    /// <summary>
    /// Answers through the registered pipeline; what the limit cut off inside a character is left out, and a call that cannot be read is text.
    /// </summary>
    public IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(IEnumerable<ChatMessage> messages, ChatOptions options, CancellationToken cancellationToken) =>
        Chat.GetStreamingResponseAsync(messages, options, cancellationToken).Select(WholeCharacters.Of).Select(new ReadableCalls().Of);

    public IEmbeddingGenerator<string, Embedding<float>> Embeddings => Provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(Key);

    /// <summary>The classifier of a head; null takes the only one.</summary>
    public ISequenceClassifier Classifier(string? head)
    {
        var key = head is null ? Key : Key is null ? head : $"{Key}/{head}";
        return Provider.GetRequiredKeyedService<ISequenceClassifier>(key);
    }
}
