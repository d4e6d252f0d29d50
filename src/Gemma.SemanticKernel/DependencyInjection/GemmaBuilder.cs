using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Gemma.SemanticKernel;

/// <summary>A registered model: add middleware to its chat client and its embedding generator here.</summary>
public sealed class GemmaBuilder
{
    internal GemmaBuilder(IServiceCollection services, string? serviceId, ChatClientBuilder chatClient,
        EmbeddingGeneratorBuilder<string, Embedding<float>> embeddingGenerator)
    {
        Services = services;
        ServiceId = serviceId;
        ChatClient = chatClient;
        EmbeddingGenerator = embeddingGenerator;
    }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The key of the model's services, or null.</summary>
    public string? ServiceId { get; }

    /// <summary>The pipeline of the model's <see cref="IChatClient"/>; chat completion uses it too.</summary>
    public ChatClientBuilder ChatClient { get; }

    /// <summary>The pipeline of the model's <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>.</summary>
    public EmbeddingGeneratorBuilder<string, Embedding<float>> EmbeddingGenerator { get; }
}
