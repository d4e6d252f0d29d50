using Gemma.Runtime.Generation.Constraints.Automata;
using Gemma.Runtime.Generation.Constraints.Characters;

namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>Counts the tokens that complete a text: the fewest that spell its cheapest completion. The caller holds the automaton's gate.</summary>
internal sealed class TokenCosts(Automaton automaton, TokenTrie tokens)
{
    /// <summary>The tokens from a state to the end of the text.</summary>
    public int Of(AutomatonState state)
    {
        // The stack of the fewest bytes need not be that of the fewest tokens.
        var fewest = state.IsAccepting ? 0 : ICharacterAutomaton.Impossible;
        foreach (var frame in state.Frames)
        {
            if (fewest == 0) break;
            fewest = Math.Min(fewest, Of(frame));
        }

        return fewest;
    }

    private int Of(StackFrame frame)
    {
        if (frame.Tokens >= 0) return frame.Tokens;
        List<StackFrame> path = [];
        for (var next = frame; next is { Tokens: < 0 }; next = automaton.Cheapest(next)?.Frame) path.Add(next);
        for (var i = path.Count - 1; i >= 0; i--) path[i].Tokens = Fewest(path[i]);
        return frame.Tokens;
    }

    // All frames further on are counted.
    private int Fewest(StackFrame frame)
    {
        if (automaton.Cheapest(frame) is null) return frame.Cost == 0 ? 0 : ICharacterAutomaton.Impossible;
        var fewest = int.MaxValue;
        var node = -1;
        while (automaton.Cheapest(frame) is { } next)
        {
            node = tokens.Child(node, next.Byte);
            if (node < 0) break;
            frame = next.Frame;
            if (tokens.IsToken(node)) fewest = Math.Min(fewest, frame.Tokens + 1);
        }

        // A tokenizer without pieces for single bytes may have no way at all.
        return Math.Min(fewest, ICharacterAutomaton.Impossible);
    }
}
