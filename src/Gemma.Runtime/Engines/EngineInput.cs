namespace Gemma.Runtime.Engines;

/// <summary>The tokens that one run appends to one sequence, and what to compute for them.</summary>
/// <param name="Sequence">The sequence to extend.</param>
/// <param name="Tokens">The token ids, at least one, each inside the vocabulary.</param>
/// <param name="LogitsToKeep">For how many of the last tokens to compute logits: 0 skips the head. At most the number of tokens.</param>
/// <param name="HiddenStates">Whether to return the normalised hidden state of every token.</param>
internal readonly record struct EngineInput(IEngineSequence Sequence, ReadOnlyMemory<int> Tokens, int LogitsToKeep = 1, bool HiddenStates = false);
