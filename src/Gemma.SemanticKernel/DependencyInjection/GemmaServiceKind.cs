namespace Gemma.SemanticKernel;

/// <summary>What a model can be registered as.</summary>
internal enum GemmaServiceKind
{
    /// <summary>IChatClient.</summary>
    ChatClient,

    /// <summary>IChatCompletionService.</summary>
    ChatCompletion,

    /// <summary>ITextGenerationService.</summary>
    TextGeneration,

    /// <summary>IEmbeddingGenerator.</summary>
    EmbeddingGenerator,

    /// <summary>ISequenceClassifier, ITokenClassifier and the kernel's service.</summary>
    Classification,
}
