using Gemma.Runtime.Generation.Constraints.Automata;

namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>A grammar over a vocabulary: which tokens may follow which text. Computes on first use and remembers. Thread-safe.</summary>
internal sealed class TokenGrammar
{
    private const int MaxDenseMasks = 128;
    private readonly Automaton _automaton;
    private readonly TokenVocabulary _vocabulary;
    private readonly TokenCosts _costs;
    private readonly Dictionary<AutomatonState, TokenMask> _masks = [];
    private int _denseCount;

    /// <summary>Lays a grammar over a vocabulary.</summary>
    public TokenGrammar(Grammar grammar, TokenVocabulary vocabulary)
    {
        (_automaton, _vocabulary) = (new Automaton(grammar), vocabulary);
        _costs = new TokenCosts(_automaton, vocabulary.All);
    }

    /// <summary>About how much memory grammar and remembered states take, in bytes.</summary>
    public long ByteCount => _automaton.ByteCount + (_denseCount * (long)_vocabulary.MaskBytes);

    /// <summary>The state before the text.</summary>
    public AutomatonState Start => _automaton.Start;

    /// <summary>The tokens of the shortest answer, as its fewest bytes are spelt.</summary>
    public int ShortestAnswer
    {
        get
        {
            lock (_automaton.Gate) return _costs.Of(Start);
        }
    }

    /// <summary>The tokens that may follow.</summary>
    /// <param name="state">The state.</param>
    /// <param name="remaining">The tokens that are left, a stop id included. As they run out, only what can be completed is allowed; if that is nothing, all
    /// that the grammar allows.</param>
    public TokenMask Allowed(AutomatonState state, long remaining)
    {
        lock (_automaton.Gate)
        {
            state = _automaton.Tried(state);
            if (!_masks.TryGetValue(state, out var mask)) mask = Compute(state);

            // One token now, and one to stop.
            var left = remaining - 2;
            return mask.MaxTokens <= left || _costs.Of(state) > left + 1 ? mask : _vocabulary.Allowed(_automaton, state, _costs, (int)Math.Max(0, left));
        }
    }

    /// <summary>The state after a token, or null if the token may not follow.</summary>
    public AutomatonState? Step(AutomatonState state, int token)
    {
        if (token < 0 || token >= _vocabulary.Source.Count || _vocabulary.Source.IsSpecial(token) || _vocabulary.Source.GetBytes(token).IsEmpty) return null;
        lock (_automaton.Gate)
        {
            foreach (var b in _vocabulary.Source.GetBytes(token))
            {
                state = _automaton.Step(state, b);
                if (state.IsDead) return null;
            }
        }

        return state;
    }

    private TokenMask Compute(AutomatonState state)
    {
        if (_automaton.Trim() || _denseCount == MaxDenseMasks)
        {
            _masks.Clear();
            _denseCount = 0;
        }

        var mask = _vocabulary.Allowed(_automaton, state, _costs, int.MaxValue);
        if (mask.IsDense) _denseCount++;
        return _masks[state] = mask;
    }
}
