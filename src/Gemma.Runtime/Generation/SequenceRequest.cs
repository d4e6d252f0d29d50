using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation;

/// <summary>One call of generate() for one prompt.</summary>
public sealed record SequenceRequest
{
    /// <summary>Options that override the model's <c>generation_config.json</c>; what neither sets has transformers' defaults: greedy, 20 new tokens.</summary>
    /// <value>Default null: the model's options.</value>
    public GenerationConfig? Config { get; init; }

    /// <summary>How many of the prompt's first tokens only fill the row of a batch: the model does not see them, lengths and n-grams count them, as in transformers.</summary>
    /// <value>0 or more, less than the prompt; default 0.</value>
    public int LeftPadding { get; init; }

    /// <summary>How many of the most likely tokens to report for each new token, with log-probabilities.</summary>
    /// <value>Default null: nothing is reported; 0 reports the chosen tokens only.</value>
    public int? Alternatives { get; init; }
}
