namespace Gemma.Runtime.Generation;

/// <summary>A step of a generation: a token, or at the end the summary.</summary>
/// <param name="TokenId">The token, or null in the last update.</param>
/// <param name="Text">The text that became certain with this step; empty while a character or a stop sequence may still be unfinished.</param>
/// <param name="Summary">Set in the last update only.</param>
public readonly record struct GenerationUpdate(int? TokenId, string Text, GenerationSummary? Summary);
