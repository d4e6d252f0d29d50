using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Generation;

/// <summary>A request to continue a prompt of token ids: how tokens are chosen, when it ends, what is reported.</summary>
public sealed record GenerationRequest
{
    /// <summary>
    /// How tokens are chosen and when the sequences end (<see cref="GenerationConfig.MaxNewTokens"/>, <see cref="GenerationConfig.EosTokenId"/>,
    /// <see cref="GenerationConfig.StopStrings"/>),
    /// and how many there are (<see cref="GenerationConfig.NumReturnSequences"/>). What is null counts from the model's <c>generation_config.json</c>.
    /// </summary>
    /// <value>Default null: the model's options.</value>
    public GenerationConfig? Config { get; init; }

    /// <summary>Whether control tokens such as <c>&lt;end_of_turn&gt;</c> appear in the text.</summary>
    /// <value>Default false.</value>
    public bool IncludeSpecialTokens { get; init; }

    /// <summary>
    /// How many of the prompt's first tokens only fill the row of a batch: the model does not see them, lengths and n-grams count them, as in transformers.
    /// </summary>
    /// <value>0 or more, less than the prompt; default 0.</value>
    public int LeftPadding { get; init; }

    /// <summary>How many of the most likely tokens to report for each new token, with log-probabilities; beam search reports none.</summary>
    /// <value>Default null: nothing is reported; 0 reports the chosen tokens only.</value>
    public int? Alternatives { get; init; }

    /// <summary>Among waiting requests those of a higher priority start first; ten seconds of waiting count as one more.</summary>
    /// <value>Any number; default 0.</value>
    public int Priority { get; init; }

    /// <summary>How long the request may take, waiting included; then it ends with <see cref="GemmaTimeoutException"/>.</summary>
    /// <value>Positive; default null: as long as it takes.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What telemetry calls the request.</summary>
    internal RequestOperation Operation { get; init; } = RequestOperation.TextCompletion;

    /// <summary>Makes what limits the tokens of one sequence; it has the sequence's state, so every sequence gets its own.</summary>
    internal Func<ITokenConstraint>? CreateConstraint { get; init; }

    /// <summary>Control tokens that appear in the text all the same, each as the character that stands for it there.</summary>
    internal IReadOnlyDictionary<int, char>? Marks { get; init; }

    /// <summary>
    /// Whether several sequences of greedy search are as many times the same one, as clients over HTTP expect it; otherwise they are refused, as transformers
    /// does.
    /// </summary>
    internal bool RepeatsGreedySearch { get; init; }

    /// <summary>Makes what sees one sequence's text as it is generated, on the inference thread; true ends the sequence.</summary>
    internal Func<Func<string, bool>>? CreateTextObserver { get; init; }
}
