namespace Gemma.Runtime.Inputs;

/// <summary>A conversation as token ids.</summary>
/// <param name="Ids">The ids, up to where the model answers.</param>
/// <param name="IsInThought">Whether they end inside a thought, with which the answer goes on.</param>
internal sealed record EncodedPrompt(int[] Ids, bool IsInThought);
