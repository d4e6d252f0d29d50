namespace Microsoft.SemanticKernel;

/// <summary>The names that Semantic Kernel's other connectors use. Each registers the whole model, as AddGemma does; calls with the same key add to one registration.</summary>
public static class GemmaConnectorKernelBuilderExtensions
{
    /// <summary>Registers a model for chat completion.</summary>
    /// <param name="builder">The kernel's builder.</param>
    /// <param name="modelId">The model's name.</param>
    /// <param name="modelPath">A model package or a Hugging Face checkpoint folder.</param>
    /// <param name="serviceId">The key of its services, or null.</param>
    /// <returns>The same builder.</returns>
    public static IKernelBuilder AddGemmaChatCompletion(this IKernelBuilder builder, string modelId, string modelPath, string? serviceId = null) => Add(builder, modelId, modelPath, serviceId);

    /// <summary>Registers a model as chat client.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IKernelBuilder, string, string, string?)"/>
    public static IKernelBuilder AddGemmaChatClient(this IKernelBuilder builder, string modelId, string modelPath, string? serviceId = null) => Add(builder, modelId, modelPath, serviceId);

    /// <summary>Registers a model for text generation.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IKernelBuilder, string, string, string?)"/>
    public static IKernelBuilder AddGemmaTextGeneration(this IKernelBuilder builder, string modelId, string modelPath, string? serviceId = null) => Add(builder, modelId, modelPath, serviceId);

    /// <summary>Registers a model for embeddings: any Gemma gives them, of its last hidden states.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IKernelBuilder, string, string, string?)"/>
    public static IKernelBuilder AddGemmaEmbeddingGenerator(this IKernelBuilder builder, string modelId, string modelPath, string? serviceId = null) => Add(builder, modelId, modelPath, serviceId);

    /// <summary>Registers a model for classification, by its checkpoint's own head or the heads of its package.</summary>
    /// <inheritdoc cref="AddGemmaChatCompletion(IKernelBuilder, string, string, string?)"/>
    public static IKernelBuilder AddGemmaSequenceClassification(this IKernelBuilder builder, string modelId, string modelPath, string? serviceId = null) => Add(builder, modelId, modelPath, serviceId);

    private static IKernelBuilder Add(IKernelBuilder builder, string modelId, string modelPath, string? serviceId)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddGemmaChatCompletion(modelId, modelPath, serviceId);
        return builder;
    }
}
