using Gemma.Runtime.Classification;
using Gemma.SemanticKernel.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Registers the heads of models, which are only known when a model is loaded.</summary>
internal static class ClassificationRegistration
{
    /// <summary>Keyed by anything that is no model's key: the head of that name, of the first model, or of another one as "serviceId/head".</summary>
    public static void AddHeads(IServiceCollection services)
    {
        services.TryAddKeyedSingleton<ISequenceClassifier>(KeyedService.AnyKey, static (provider, key) => CreateSequenceClassifier(FindHead(provider, key)));
        services.TryAddKeyedSingleton<ITokenClassifier>(KeyedService.AnyKey, static (provider, key) => CreateTokenClassifier(FindHead(provider, key)));
        services.TryAddKeyedSingleton<ISequenceClassificationService>(KeyedService.AnyKey,
            static (provider, key) =>
                new SequenceClassificationService(provider.GetRequiredKeyedService<ISequenceClassifier>(key), FindHead(provider, key).Holder.ModelId));
    }

    private static GemmaSequenceClassifier CreateSequenceClassifier((GemmaModelHolder Holder, string Head) place) => new(place.Holder, place.Head);

    private static GemmaTokenClassifier CreateTokenClassifier((GemmaModelHolder Holder, string Head) place) => new(place.Holder, place.Head);

    private static (GemmaModelHolder Holder, string Head) FindHead(IServiceProvider provider, object? key)
    {
        var name = key as string ?? throw new InvalidOperationException($"A classification head is named by a string, not by '{key}'.");
        GemmaServiceKey[] models = [.. provider.GetServices<GemmaServiceKey>().Where(model => model.Services.Contains(GemmaServiceKind.Classification))];
        var model = Array.Find(models, model => model.Value is not null && name.StartsWith(model.Value + "/", StringComparison.Ordinal));
        return (provider.GetRequiredKeyedService<GemmaModelHolder>((model ?? models[0]).ModelKey), model is null ? name : name[(model.Value!.Length + 1)..]);
    }
}
