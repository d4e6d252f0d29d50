namespace Gemma.SemanticKernel.DependencyInjection;

/// <summary>A model's own service: what a key or no key gives may be another provider's.</summary>
internal sealed record GemmaOwn<T>(T Service);
