namespace Gemma.SemanticKernel;

/// <summary>Lists the registered models.</summary>
internal sealed record GemmaServiceKey(string? Value, GemmaBuilder Builder);
