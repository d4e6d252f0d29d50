namespace Gemma.Runtime.Generation;

/// <summary>What generate() needs to know of a model.</summary>
/// <param name="VocabularySize">Width of the logits.</param>
/// <param name="MaxPositionEmbeddings">Tokens that the model was trained for: cuts the default length.</param>
/// <param name="ContextLength">Tokens that a sequence can hold.</param>
/// <param name="Decode">Turns tokens into text, control tokens included; null without tokenizer.</param>
internal sealed record ModelLimits(int VocabularySize, int MaxPositionEmbeddings, int ContextLength, Func<ReadOnlySpan<int>, string>? Decode = null);
