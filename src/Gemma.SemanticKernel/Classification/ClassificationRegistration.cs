using Gemma.Runtime.Classification;
using Gemma.Runtime.Embeddings;
using Gemma.SemanticKernel.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Registers what reads texts with a model: classifiers and embeddings.</summary>
internal static class ClassificationRegistration
{
    /// <summary>
    /// Keyed by the model's service id: the model's only head, or its checkpoint's own. Keyed by anything else: the head of that name, of the first model, or of
    /// another one as "serviceId/head". Which heads there are is only known when the model is loaded.
    /// </summary>
    public static void Add(IServiceCollection services, string? serviceId)
    {
        services.AddKeyedSingleton<ISequenceClassifier>(serviceId, static (provider, key) => new GemmaSequenceClassifier(provider.GetRequiredKeyedService<GemmaModelHolder>(key)));
        services.AddKeyedSingleton<ITokenClassifier>(serviceId, static (provider, key) => new GemmaTokenClassifier(provider.GetRequiredKeyedService<GemmaModelHolder>(key)));
        services.AddKeyedSingleton<ISequenceClassificationService>(serviceId, static (provider, key) => new SequenceClassificationService(provider.GetRequiredKeyedService<ISequenceClassifier>(key), provider.GetRequiredKeyedService<GemmaModelHolder>(key).ModelId));
        services.AddKeyedEmbeddingGenerator<string, Embedding<float>>(serviceId, provider => new GemmaEmbeddingGenerator(provider.GetRequiredKeyedService<GemmaModelHolder>(serviceId), null, provider.GetService<TimeProvider>()));

        services.TryAddKeyedSingleton<ISequenceClassifier>(KeyedService.AnyKey, static (provider, key) => CreateSequenceClassifier(FindHead(provider, key)));
        services.TryAddKeyedSingleton<ITokenClassifier>(KeyedService.AnyKey, static (provider, key) => CreateTokenClassifier(FindHead(provider, key)));
        services.TryAddKeyedSingleton<ISequenceClassificationService>(KeyedService.AnyKey, static (provider, key) => new SequenceClassificationService(provider.GetRequiredKeyedService<ISequenceClassifier>(key), FindHead(provider, key).Holder.ModelId));
        if (serviceId is null) return;
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<ISequenceClassifier>(serviceId));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<ITokenClassifier>(serviceId));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<ISequenceClassificationService>(serviceId));
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(serviceId));
    }

    private static GemmaSequenceClassifier CreateSequenceClassifier((GemmaModelHolder Holder, string Head) place) => new(place.Holder, place.Head);

    private static GemmaTokenClassifier CreateTokenClassifier((GemmaModelHolder Holder, string Head) place) => new(place.Holder, place.Head);

    private static (GemmaModelHolder Holder, string Head) FindHead(IServiceProvider provider, object? key)
    {
        var name = key as string ?? throw new InvalidOperationException($"A classification head is named by a string, not by '{key}'.");
        string?[] models = [.. provider.GetServices<GemmaServiceKey>().Select(model => model.Value)];
        var model = Array.Find(models, model => model is not null && name.StartsWith(model + "/", StringComparison.Ordinal));
        return model is null
            ? (provider.GetRequiredKeyedService<GemmaModelHolder>(models[0]), name)
            : (provider.GetRequiredKeyedService<GemmaModelHolder>(model), name[(model.Length + 1)..]);
    }
}
