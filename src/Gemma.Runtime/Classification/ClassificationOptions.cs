using Gemma.Tokenization;

namespace Gemma.Runtime.Classification;

/// <summary>Options of a classification.</summary>
public sealed record ClassificationOptions
{
    /// <summary>The most tokens of a text.</summary>
    /// <value>Default null: the model's context.</value>
    public int? MaxLength { get; init; }

    /// <summary>Where longer texts are cut; results say whether they were.</summary>
    /// <value>Default null: a longer text is refused.</value>
    public TokenizerSide? TruncationSide { get; init; }

    /// <summary>What turns logits into scores.</summary>
    /// <value>Default null: by the head's problem type, as transformers' pipeline does: regression none, several labels at once or one label sigmoid, else
    /// softmax.</value>
    public ClassificationFunction? Function { get; init; }

    /// <summary>
    /// Divides the logits before softmax or sigmoid; fit it on held-out texts to make probabilities honest (<see cref="TemperatureCalibration"/>). Raw logits
    /// and the winner are not changed.
    /// </summary>
    /// <value>Above 0, default 1.</value>
    public float Temperature { get; init; } = 1;

    /// <summary>The score from which a label counts as given, for sigmoid scores.</summary>
    /// <value>Default 0.5.</value>
    public float Threshold { get; init; } = 0.5f;

    /// <summary>Scores from which single labels count as given, by name, for any function.</summary>
    /// <value>Default empty.</value>
    public IReadOnlyDictionary<string, float> Thresholds { get; init; } = new Dictionary<string, float>();

    /// <summary>
    /// Whether words such as <c>&lt;end_of_turn&gt;</c> in a text count as control tokens, as in transformers. Otherwise a text cannot end a turn or pad
    /// itself.
    /// </summary>
    /// <value>Default false.</value>
    public bool RecognizeControlTokens { get; init; }

    /// <summary>Among waiting requests those of a higher priority start first; ten seconds of waiting count as one more.</summary>
    /// <value>Any number; default 0.</value>
    public int Priority { get; init; }

    /// <summary>How long each text may take, waiting included; then the call ends with <see cref="GemmaTimeoutException"/>.</summary>
    /// <value>Positive; default null: as long as it takes.</value>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Checks the options for a head with these labels.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="UnknownLabelException">A threshold is for a label that the head does not have.</exception>
    internal void Validate(IReadOnlyList<string> labels)
    {
        if (MaxLength is < 1)
            throw new ArgumentException(FormattableString.Invariant($"ClassificationOptions.MaxLength is {MaxLength}, but must be at least 1."));
        if (!(Temperature > 0) || !float.IsFinite(Temperature))
            throw new ArgumentException(FormattableString.Invariant($"ClassificationOptions.Temperature is {Temperature}, but must be above 0."));
        if (Timeout <= TimeSpan.Zero)
            throw new ArgumentException(FormattableString.Invariant($"ClassificationOptions.Timeout is {Timeout}, but must be positive."));
        foreach (var label in Thresholds.Keys)
        {
            if (!labels.Contains(label, StringComparer.Ordinal)) throw new UnknownLabelException(label, labels);
        }
    }
}
