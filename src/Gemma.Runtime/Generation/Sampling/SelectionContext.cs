namespace Gemma.Runtime.Generation.Sampling;

/// <summary>What the processors of one sequence need to know besides the options.</summary>
/// <param name="VocabularySize">Width of the logits.</param>
/// <param name="PromptLength">The prompt's tokens, left padding included.</param>
/// <param name="StopIds">The tokens that end the output.</param>
/// <param name="MaxLength">The most tokens of prompt and output.</param>
/// <param name="LeftPadding">How many of the prompt's first tokens only fill the row of a batch.</param>
internal sealed record SelectionContext(int VocabularySize, int PromptLength, IReadOnlyList<int> StopIds, int MaxLength = int.MaxValue, int LeftPadding = 0);
