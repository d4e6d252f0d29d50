namespace Gemma.Runtime.Generation.BeamSearch;

/// <summary>A continuation of the prompt in beam search.</summary>
/// <param name="Tokens">Prompt and generated tokens, left padding included.</param>
/// <param name="Score">Running: the sum of the processed log-probabilities; finished: that sum divided by the penalised length.</param>
/// <param name="Parents">For every generated token the place among the running beams of the beam it continued.</param>
/// <param name="IsFinished">Whether it ended at a stop token or the greatest length.</param>
internal sealed record Beam(int[] Tokens, float Score, int[] Parents, bool IsFinished)
{
    /// <summary>This beam with one token more.</summary>
    public Beam Append(int token, int parent, float score, bool isFinished) => new([.. Tokens, token], score, [.. Parents, parent], isFinished);
}
