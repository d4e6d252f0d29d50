using Gemma.Runtime.Generation;

namespace Gemma.Server.OpenAI;

/// <summary>A token of an answer's content.</summary>
/// <param name="Token">The token.</param>
/// <param name="Bytes">How many bytes of its text are in the content: all, or what a stop text left.</param>
internal readonly record struct SpelledToken(TokenChoice Token, int Bytes);
