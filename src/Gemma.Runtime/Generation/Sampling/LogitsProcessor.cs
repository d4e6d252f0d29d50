namespace Gemma.Runtime.Generation.Sampling;

/// <summary>
/// One step of the pipeline from logits to scores, as in transformers' <c>generation/logits_process.py</c>. Keeps no state of the sequence, so that beams can
/// share it.
/// </summary>
internal abstract class LogitsProcessor
{
    /// <summary>Changes the scores of the next token.</summary>
    /// <param name="scores">What earlier processors left.</param>
    /// <param name="tokens">Prompt and generated tokens, left padding included.</param>
    public abstract void Process(TokenScores scores, ReadOnlySpan<int> tokens);
}
