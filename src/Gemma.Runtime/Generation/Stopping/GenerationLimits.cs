using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation.Stopping;

/// <summary>How long a sequence may become.</summary>
/// <param name="contextLength">Tokens that the context holds.</param>
/// <param name="trainedLength">Tokens that the model was trained for.</param>
internal sealed class GenerationLimits(int contextLength, int trainedLength)
{
    private const int DefaultNewTokens = 20;

    /// <summary>
    /// The most tokens of prompt and output. What the caller asked for must fit the context; what the model's own configuration says is cut to it.
    /// </summary>
    /// <param name="defaults">The model's options.</param>
    /// <param name="asked">The caller's, or null.</param>
    /// <param name="promptLength">The prompt's tokens, left padding included.</param>
    /// <param name="leftPadding">Those of them that the model does not see.</param>
    /// <param name="fillsContext">Without any length: whether the context is filled, or 20 tokens are generated as by transformers' generate().</param>
    /// <exception cref="InvalidGenerationConfigException"><c>max_length</c> leaves no room for a new token.</exception>
    /// <exception cref="GemmaContextLengthException">Prompt and requested tokens do not fit.</exception>
    public int MaxLength(GenerationConfig defaults, GenerationConfig? asked, int promptLength, int leftPadding, bool fillsContext)
    {
        var seen = promptLength - leftPadding;
        var room = contextLength - seen;
        if (room < 1) throw new GemmaContextLengthException(seen, contextLength);
        if (asked?.MaxNewTokens is { } newTokens) return promptLength + Fitting(newTokens, seen, room);
        if (asked?.MaxLength is { } maxLength && defaults.MaxNewTokens is null) return promptLength + Fitting(Above(maxLength, promptLength), seen, room);
        if (defaults.MaxNewTokens is { } usual) return promptLength + Math.Min(usual, room);
        if (fillsContext) return promptLength + room;
        if (defaults.MaxLength is { } length) return promptLength + Math.Min(Above(length, promptLength), room);
        if (promptLength >= trainedLength) throw new GemmaContextLengthException(promptLength, trainedLength);
        return promptLength + Math.Min(Math.Min(DefaultNewTokens, trainedLength - promptLength), room);
    }

    private static int Above(int maxLength, int promptLength) => maxLength > promptLength
        ? maxLength - promptLength
        : throw new InvalidGenerationConfigException("max_length",
            $"the prompt's {promptLength} tokens leave no room in {maxLength}; raise it or set max_new_tokens");

    private int Fitting(int newTokens, int seen, int room) => newTokens <= room
        ? newTokens
        : throw new GemmaContextLengthException(
            $"The prompt has {seen} tokens and {newTokens} more were requested, but the context holds {contextLength}; shorten the prompt or ask for at "
                + $"most {room} tokens.");
}
