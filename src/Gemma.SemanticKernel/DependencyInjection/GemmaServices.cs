using Gemma.Runtime.Chat;
using Gemma.Runtime.Classification;
using Gemma.Runtime.Embeddings;
using Gemma.SemanticKernel.Classification;
using Gemma.SemanticKernel.Hosting;
using Gemma.SemanticKernel.TextGeneration;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace Gemma.SemanticKernel.DependencyInjection;

/// <summary>The services of a registered model.</summary>
internal static class GemmaServices
{
    /// <summary>Registers one service, unless the model has it already.</summary>
    public static void Add(IServiceCollection services, GemmaServiceKey model, GemmaServiceKind kind, bool invokesFunctions)
    {
        if (!model.Services.Add(kind)) return;
        switch (kind)
        {
            case GemmaServiceKind.ChatClient:
                var pipeline = new ChatClientBuilder(provider => CreateChatClient(provider, model));
                if (invokesFunctions) pipeline.Use(inner => new WrittenResultsChatClient(inner)).UseKernelFunctionInvocation();
                model.ChatClient = pipeline;
                AddOwn(services, model, provider => pipeline.Build(provider));
                break;
            case GemmaServiceKind.ChatCompletion:
                AddOwn<IChatCompletionService>(services, model, provider => CreateChatCompletion(provider, model));
                break;
            case GemmaServiceKind.TextGeneration:
                AddOwn<ITextGenerationService>(services, model, provider => new GemmaTextGenerationService(Holder(provider, model)));
                break;
            case GemmaServiceKind.EmbeddingGenerator:
                var embeddings = new EmbeddingGeneratorBuilder<string, Embedding<float>>(provider =>
                    new GemmaEmbeddingGenerator(Holder(provider, model), null, provider.GetService<TimeProvider>()));
                model.EmbeddingGenerator = embeddings;
                AddOwn(services, model, provider => embeddings.Build(provider));
                AddPublic<IEmbeddingGenerator>(services, model, provider => Own<IEmbeddingGenerator<string, Embedding<float>>>(provider, model));
                break;
            case GemmaServiceKind.Classification:
                AddOwn<ISequenceClassifier>(services, model, provider => new GemmaSequenceClassifier(Holder(provider, model)));
                AddOwn<ITokenClassifier>(services, model, provider => new GemmaTokenClassifier(Holder(provider, model)));
                AddOwn<ISequenceClassificationService>(services, model,
                    provider => new SequenceClassificationService(Own<ISequenceClassifier>(provider, model), Holder(provider, model).ModelId));
                ClassificationRegistration.AddHeads(services);
                break;
        }
    }

    /// <summary>
    /// Registers a service under the model's key. Kernels of hosted applications see unkeyed services only, so the first model is also the default one; but
    /// never in place of another provider's service that is registered already.
    /// </summary>
    public static void AddPublic<T>(IServiceCollection services, GemmaServiceKey model, Func<IServiceProvider, T> find)
        where T : class
    {
        if (model.Value is { } key)
        {
            services.AddKeyedSingleton(key, (provider, _) => find(provider));
            services.TryAddSingleton(find);
            return;
        }

        // Of several a container gives the last.
        services.Insert(0, ServiceDescriptor.Singleton(find));
    }

    private static void AddOwn<T>(IServiceCollection services, GemmaServiceKey model, Func<IServiceProvider, T> create)
        where T : class
    {
        services.AddKeyedSingleton(model.ModelKey, (provider, _) => new GemmaOwn<T>(create(provider)));
        AddPublic(services, model, provider => Own<T>(provider, model));
    }

    private static T Own<T>(IServiceProvider provider, GemmaServiceKey model) => provider.GetRequiredKeyedService<GemmaOwn<T>>(model.ModelKey).Service;

    private static GemmaModelHolder Holder(IServiceProvider provider, GemmaServiceKey model) =>
        provider.GetRequiredKeyedService<GemmaModelHolder>(model.ModelKey);

    private static GemmaChatClient CreateChatClient(IServiceProvider provider, GemmaServiceKey model)
    {
        var holder = Holder(provider, model);
        return new GemmaChatClient(holder, holder.RequestDefaults(), provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>());
    }

    private static GemmaChatCompletionService CreateChatCompletion(IServiceProvider provider, GemmaServiceKey model)
    {
        // The model's own chat client, with the application's middleware, where it is registered. The container disposes that client itself.
        var client = model.Services.Contains(GemmaServiceKind.ChatClient)
            ? new NonDisposingChatClient(Own<IChatClient>(provider, model))
            : (IChatClient)CreateChatClient(provider, model);

        // An application that invokes functions in its own pipeline keeps doing so.
        if (client.GetService<FunctionInvokingChatClient>() is null)
            client = client.AsBuilder().UseKernelFunctionInvocation(provider.GetService<ILoggerFactory>()).Build(provider);
        return new GemmaChatCompletionService(new WrittenResultsChatClient(client).AsChatCompletionService(provider));
    }
}
