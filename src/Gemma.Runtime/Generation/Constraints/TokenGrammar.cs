namespace Gemma.Runtime.Generation.Constraints;

/// <summary>A grammar over a vocabulary: which tokens may follow which text. Computes on first use and remembers. Thread-safe.</summary>
internal sealed class TokenGrammar(Automaton automaton, TokenVocabulary vocabulary)
{
    private const int MaxDenseMasks = 256;
    private readonly List<AutomatonState> _dense = [];

    /// <summary>The state before the text.</summary>
    public AutomatonState Start => automaton.Start;

    /// <summary>The tokens that may follow.</summary>
    /// <param name="state">The state.</param>
    /// <param name="remaining">The tokens that are left, a stop id included. Each may be as little as a byte; as they run out, only what can be completed is allowed.</param>
    public TokenMask Allowed(AutomatonState state, long remaining)
    {
        lock (automaton.Gate)
        {
            // Far from the end no single token can make the text too long.
            var isNearEnd = remaining - 2 < state.Cost + (2L * automaton.Grammar.MaxCost) + 64;
            if (isNearEnd && remaining - 1 >= state.Cost) return vocabulary.Allowed(automaton, state, (int)Math.Max(0, remaining - 2));
            if (state.Mask is { } known) return known;
            automaton.Trim();
            var mask = vocabulary.Allowed(automaton, state, GrammarState.Impossible);
            Keep(state, mask);
            return mask;
        }
    }

    /// <summary>The state after a token, or null if the token may not follow.</summary>
    public AutomatonState? Step(AutomatonState state, int token)
    {
        if (token < 0 || token >= vocabulary.Source.Count || vocabulary.Source.IsSpecial(token) || vocabulary.Source.GetBytes(token).IsEmpty) return null;
        lock (automaton.Gate)
        {
            foreach (var b in vocabulary.Source.GetBytes(token))
            {
                state = automaton.Step(state, b);
                if (state.IsDead) return null;
            }
        }

        return state;
    }

    private void Keep(AutomatonState state, TokenMask mask)
    {
        state.Mask = mask;
        if (!mask.IsDense) return;
        if (_dense.Count == MaxDenseMasks)
        {
            foreach (var other in _dense) other.Mask = null;
            _dense.Clear();
        }

        _dense.Add(state);
    }
}
