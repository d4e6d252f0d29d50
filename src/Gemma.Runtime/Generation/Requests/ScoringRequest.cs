namespace Gemma.Runtime.Generation;

/// <summary>A request to compute how likely the model finds a text.</summary>
public sealed record ScoringRequest
{
    /// <summary>How many of the best next tokens to report.</summary>
    /// <value>0 or more; default 0.</value>
    public int Top { get; init; }

    /// <summary>How many of the most likely tokens to report for each place of the text, with log-probabilities.</summary>
    /// <value>0 or more; default 0.</value>
    public int Alternatives { get; init; }

    /// <summary>Among waiting requests those of a higher priority start first; ten seconds of waiting count as one more.</summary>
    /// <value>Any number; default 0.</value>
    public int Priority { get; init; }

    /// <summary>How long the request may take, waiting included; then it ends with <see cref="GemmaTimeoutException"/>.</summary>
    /// <value>Positive; default null: as long as it takes.</value>
    public TimeSpan? Timeout { get; init; }
}
