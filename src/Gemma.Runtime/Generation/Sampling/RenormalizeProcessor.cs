namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Turns the scores into log-probabilities.</summary>
internal sealed class RenormalizeProcessor : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (scores.Count > 0) Softmax.Log(scores.Values, scores.Scratch());
    }
}
