namespace Gemma.Runtime.Classification;

/// <summary>How a chat model is asked for a label that no head was trained for.</summary>
public sealed record ZeroShotOptions
{
    /// <summary>The answers to choose from, such as "Yes" and "No"; their likelihoods are compared.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The question. <c>{text}</c> and <c>{text_pair}</c> are replaced by the input, <c>{labels}</c> by the labels.</summary>
    /// <value>Default: asks which of the labels fits the text.</value>
    public string Prompt { get; init; } = "Which of these labels fits the text best: {labels}?\n\nText: {text}\n\nAnswer with the label only.";

    /// <summary>
    /// Whether the question is a user's turn of the model's chat template; otherwise it is the raw prompt that the label continues, in which control tokens
    /// such as <c>&lt;start_of_turn&gt;</c> count as such.
    /// </summary>
    /// <value>Default true.</value>
    public bool UseChatTemplate { get; init; } = true;

    /// <summary>Whether log-likelihoods are divided by the labels' numbers of tokens, so that long labels are not at a disadvantage.</summary>
    /// <value>Default false: the likelihood of the whole label.</value>
    public bool NormalizeByLength { get; init; }
}
