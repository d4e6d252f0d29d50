using Gemma.Runtime;
using Gemma.Runtime.Classification;
using Gemma.SemanticKernel.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.Server.Catalog;

/// <summary>A registered model under the name that clients use.</summary>
/// <param name="Id">The service key, or the model's name where it has no key.</param>
/// <param name="Key">The service key, or null.</param>
/// <param name="IsFirst">Whether heads without a model's name are this one's.</param>
/// <param name="LoadsAtStart">Whether it is loaded and warmed at the server's start, and not at its first use.</param>
/// <param name="Provider">The application's services.</param>
internal sealed record ServedModel(string Id, string? Key, bool IsFirst, bool LoadsAtStart, IServiceProvider Provider)
{
    private volatile bool _isWarm;

    /// <summary>Whether requests need not wait for it.</summary>
    public bool IsReady => Source.Loaded is not null && (_isWarm || !LoadsAtStart);

    public IGemmaModelSource Source => Provider.GetRequiredKeyedService<IGemmaModelSource>(Key);

    /// <summary>Loads it and runs it once, so that the first request finds everything in memory.</summary>
    /// <exception cref="GemmaException">It cannot be loaded.</exception>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        if (Source is GemmaModelHolder holder) await holder.WarmUpAsync(cancellationToken).ConfigureAwait(false);
        else await Source.GetModelAsync(cancellationToken).ConfigureAwait(false);
        _isWarm = true;
    }

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
