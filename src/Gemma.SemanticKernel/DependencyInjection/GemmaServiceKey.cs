using Microsoft.Extensions.AI;

namespace Gemma.SemanticKernel;

/// <summary>A registered model.</summary>
/// <param name="Value">The key of its services, or null.</param>
/// <param name="ModelKey">The name of its options and the key of its holder: the services' key, unless another model has that already.</param>
/// <param name="Path">Its folder where the registration names it, or null where options do.</param>
internal sealed record GemmaServiceKey(string? Value, string? ModelKey, string? Path)
{
    /// <summary>The services that it is registered for.</summary>
    public HashSet<GemmaServiceKind> Services { get; } = [];

    /// <summary>The pipeline of its chat client, once that is registered.</summary>
    public ChatClientBuilder? ChatClient { get; set; }

    /// <summary>The pipeline of its embedding generator, once that is registered.</summary>
    public EmbeddingGeneratorBuilder<string, Embedding<float>>? EmbeddingGenerator { get; set; }

    /// <summary>The builder that AddGemma gave, or null.</summary>
    public GemmaBuilder? Builder { get; set; }
}
