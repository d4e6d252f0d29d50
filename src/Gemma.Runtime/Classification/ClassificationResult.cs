namespace Gemma.Runtime.Classification;

/// <summary>What a classifier says of a text.</summary>
/// <remarks>Immutable.</remarks>
public sealed class ClassificationResult
{
    /// <summary>Creates a result.</summary>
    /// <param name="scores">Every label, in the head's order; at least one.</param>
    public ClassificationResult(IReadOnlyList<LabelScore> scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentOutOfRangeException.ThrowIfZero(scores.Count, nameof(scores));
        Scores = scores;
        Best = BestOf(scores);
        SelectedLabels = [Best.Label];
    }

    /// <summary>Every label, in the head's order.</summary>
    public IReadOnlyList<LabelScore> Scores { get; }

    /// <summary>The label with the highest logit; the first of equals.</summary>
    public LabelScore Best { get; }

    /// <summary>The winner's name.</summary>
    public string Label => Best.Label;

    /// <summary>The winner's score.</summary>
    public float Score => Best.Score;

    /// <summary>
    /// The labels that count as given: for softmax the winner, if it reaches its threshold in <see cref="ClassificationOptions.Thresholds"/> (without one it
    /// always does);
    /// for sigmoid every label that reaches its threshold (else <see cref="ClassificationOptions.Threshold"/>); for raw values those that reach a threshold of
    /// their own.
    /// </summary>
    public IReadOnlyList<string> SelectedLabels { get; init; }

    /// <summary>Tokens that were read.</summary>
    public int TokenCount { get; init; }

    /// <summary>Whether the text was cut.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The score of a label.</summary>
    /// <param name="label">The label's name.</param>
    /// <exception cref="UnknownLabelException">The head has no such label.</exception>
    public float this[string label]
    {
        get
        {
            foreach (var score in Scores)
            {
                if (score.Label == label) return score.Score;
            }

            throw new UnknownLabelException(label, [.. Scores.Select(score => score.Label)]);
        }
    }

    /// <summary>The label with the highest logit; the first of equals.</summary>
    internal static LabelScore BestOf(IReadOnlyList<LabelScore> scores)
    {
        var best = scores[0];
        foreach (var score in scores)
        {
            if (score.Logit > best.Logit) best = score;
        }

        return best;
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Label} ({Score:0.###})");
}
