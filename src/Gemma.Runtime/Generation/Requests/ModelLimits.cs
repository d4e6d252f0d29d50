using Gemma.Tokenization;


namespace Gemma.Runtime.Generation.Requests;

/// <summary>What generation needs to know of a model.</summary>
/// <param name="VocabularySize">Width of the logits.</param>
/// <param name="MaxPositionEmbeddings">Tokens that the model was trained for: cuts the default length of generate().</param>
/// <param name="ContextLength">Tokens that a sequence can hold.</param>
/// <param name="Tokenizer">Makes text of tokens; null for a model that gives ids only.</param>
internal sealed record ModelLimits(int VocabularySize, int MaxPositionEmbeddings, int ContextLength, GemmaTokenizer? Tokenizer = null);
