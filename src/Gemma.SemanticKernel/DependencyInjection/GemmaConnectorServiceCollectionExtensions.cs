using Gemma.SemanticKernel;
using Gemma.SemanticKernel.DependencyInjection;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel;

/// <summary>
/// The names that Semantic Kernel's other connectors use. Each registers its own service only, over one model for all calls with the same folder and key, and
/// never in place of another provider's unkeyed service.
/// </summary>
public static class GemmaConnectorServiceCollectionExtensions
{
    /// <summary>Registers a model for chat completion.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="modelId">The model's name.</param>
    /// <param name="modelPath">A model package, a Hugging Face checkpoint folder, or a model of the hub that its cache holds, such as
    /// <c>google/gemma-2b-it</c>.</param>
    /// <param name="serviceId">The key of its services, or null.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddGemmaChatCompletion(this IServiceCollection services, string modelId, string modelPath, string? serviceId = null) =>
        GemmaRegistration.Add(services, modelId, modelPath, serviceId, GemmaServiceKind.ChatCompletion);

    /// <summary>Registers a model as chat client, which invokes the functions that the model calls.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IServiceCollection, string, string, string?)"/>
    public static IServiceCollection AddGemmaChatClient(this IServiceCollection services, string modelId, string modelPath, string? serviceId = null) =>
        GemmaRegistration.Add(services, modelId, modelPath, serviceId, GemmaServiceKind.ChatClient);

    /// <summary>Registers a model for raw prompts, as base models take them.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IServiceCollection, string, string, string?)"/>
    public static IServiceCollection AddGemmaTextGeneration(this IServiceCollection services, string modelId, string modelPath, string? serviceId = null) =>
        GemmaRegistration.Add(services, modelId, modelPath, serviceId, GemmaServiceKind.TextGeneration);

    /// <summary>Registers a model for embeddings: any Gemma gives them, of its last hidden states.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IServiceCollection, string, string, string?)"/>
    public static IServiceCollection AddGemmaEmbeddingGenerator(this IServiceCollection services, string modelId, string modelPath, string? serviceId = null) =>
        GemmaRegistration.Add(services, modelId, modelPath, serviceId, GemmaServiceKind.EmbeddingGenerator);

    /// <summary>Registers a model for classification, by its checkpoint's own head or the heads of its package.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IServiceCollection, string, string, string?)"/>
    public static IServiceCollection AddGemmaSequenceClassification(this IServiceCollection services, string modelId, string modelPath,
        string? serviceId = null) =>
        GemmaRegistration.Add(services, modelId, modelPath, serviceId, GemmaServiceKind.Classification);
}
