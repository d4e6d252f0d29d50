using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation;

/// <summary>How long a sequence may become, as generate() works it out from its options.</summary>
internal static class GenerationLimits
{
    private const int DefaultNewTokens = 20;

    /// <summary>The most tokens of prompt and output.</summary>
    /// <param name="config">The merged options.</param>
    /// <param name="promptLength">The prompt's tokens, left padding included.</param>
    /// <param name="maxPositionEmbeddings">The length that the model was trained for; cuts the default, never an explicit length.</param>
    /// <exception cref="InvalidGenerationConfigException"><c>max_length</c> leaves no room for a new token.</exception>
    /// <exception cref="GemmaContextLengthException">No length is given, and the prompt fills the model's trained length.</exception>
    public static int MaxLength(GenerationConfig config, int promptLength, int maxPositionEmbeddings)
    {
        if (config.MaxNewTokens is { } newTokens) return (int)Math.Min(int.MaxValue, (long)promptLength + newTokens);
        if (config.MaxLength is { } maxLength)
        {
            return maxLength > promptLength
                ? maxLength
                : throw new InvalidGenerationConfigException("max_length", $"the prompt's {promptLength} tokens leave no room in {maxLength}; raise it or set max_new_tokens");
        }

        if (promptLength >= maxPositionEmbeddings) throw new GemmaContextLengthException(promptLength, maxPositionEmbeddings);
        return Math.Min(promptLength + DefaultNewTokens, maxPositionEmbeddings);
    }
}
