namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Leaves only the given tokens at one length of the text: <c>forced_bos_token_id</c> and <c>forced_eos_token_id</c>.</summary>
internal sealed class ForcedTokensProcessor(IReadOnlyList<int> ids, int length) : LogitsProcessor
{
    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length != length) return;
        scores.ExcludeAll();
        foreach (var id in ids) scores.Values[id] = 0;
    }
}
