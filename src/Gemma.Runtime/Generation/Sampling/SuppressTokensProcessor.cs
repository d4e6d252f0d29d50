namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Forbids tokens, everywhere or at one length of the text.</summary>
internal sealed class SuppressTokensProcessor(IReadOnlyList<int> ids, int? length = null) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (length is { } only && tokens.Length != only) return;
        foreach (var id in ids) scores.Exclude(id);
    }
}
