using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines;

/// <summary>The tokens that one run appends to one sequence, and what to compute for them.</summary>
/// <param name="Sequence">The sequence to extend.</param>
/// <param name="Tokens">The token ids, at least one, each inside the vocabulary.</param>
/// <param name="LogitsToKeep">For how many of the last tokens to compute logits: 0 skips the lm_head. At most the number of tokens.</param>
/// <param name="HiddenStates">Whether to return the normalised hidden state of every token.</param>
/// <param name="Sampling">How the engine may choose the next token, in place of logits; it may return logits all the same.</param>
internal readonly record struct EngineInput(IEngineSequence Sequence, ReadOnlyMemory<int> Tokens, int LogitsToKeep = 1, bool HiddenStates = false,
    SamplingParameters? Sampling = null)
{
    /// <summary>Checks what every engine requires; native libraries do not, and compute nonsense from a negative id.</summary>
    /// <param name="info">The engine.</param>
    /// <param name="vocabularySize">Rows of the embedding.</param>
    /// <exception cref="ArgumentException">The input makes no sense.</exception>
    /// <exception cref="EngineException">The input is outside what the model can do.</exception>
    public void Validate(EngineInfo info, int vocabularySize)
    {
        var count = Tokens.Length;
        if (count == 0) throw new ArgumentException("Every input needs at least one token.");
        if (LogitsToKeep < 0 || LogitsToKeep > count || LogitsToKeep > info.MaxLogitsToKeep)
        {
            throw new ArgumentException(
                $"{LogitsToKeep} logits rows were asked for {count} tokens; this graph computes at most {Math.Min(count, info.MaxLogitsToKeep)}.");
        }
        if (HiddenStates && !info.SupportsHiddenStates)
            throw new EngineException($"The graph has no output '{GraphNames.HiddenStates}'; convert the checkpoint with this library.");
        if (Sequence.Length > 0 && !info.ContinuesSequences)
            throw new EngineException("The model's tokens see both sides of a text, so nothing can be appended to one.");
        if (Sequence.Length + count > info.ContextLength)
            throw new EngineException($"A sequence of {Sequence.Length + count} tokens exceeds the context of {info.ContextLength}.");
        foreach (var id in Tokens.Span)
        {
            if ((uint)id >= (uint)vocabularySize) throw new EngineException($"Token id {id} is outside the vocabulary of {vocabularySize}.");
        }
    }
}
