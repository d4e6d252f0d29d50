namespace Gemma.Runtime.Generation.Constraints;

/// <summary>The bytes of tokens as a tree in depth-first order, so that a walk that fails skips a whole subtree. Immutable.</summary>
internal sealed class TokenTrie
{
    private readonly byte[] _bytes;
    private readonly ushort[] _depths;
    private readonly int[] _skips;
    private readonly int[] _firstToken;
    private readonly int[] _tokens;
    private readonly int _maxDepth;

    /// <summary>Builds the tree of some ids.</summary>
    public TokenTrie(ITokenBytes source, IEnumerable<int> ids)
    {
        _tokens = [.. ids];
        Array.Sort(_tokens, (a, b) => source.GetBytes(a).SequenceCompareTo(source.GetBytes(b)));
        List<byte> nodes = [];
        List<ushort> depths = [];
        List<int> skips = [];
        List<int> firstToken = [];
        List<int> path = [];
        ReadOnlySpan<byte> previous = [];
        for (var i = 0; i < _tokens.Length; i++)
        {
            var bytes = source.GetBytes(_tokens[i]);
            var common = previous.CommonPrefixLength(bytes);
            Close(common);
            for (var depth = common; depth < bytes.Length; depth++)
            {
                path.Add(nodes.Count);
                nodes.Add(bytes[depth]);
                depths.Add((ushort)(depth + 1));
                skips.Add(0);
                firstToken.Add(i);
            }

            _maxDepth = Math.Max(_maxDepth, bytes.Length);
            previous = bytes;
        }

        Close(0);
        firstToken.Add(_tokens.Length);
        (_bytes, _depths, _skips, _firstToken) = ([.. nodes], [.. depths], [.. skips], [.. firstToken]);

        void Close(int depth)
        {
            for (var i = path.Count - 1; i >= depth; i--) skips[path[i]] = nodes.Count;
            path.RemoveRange(depth, path.Count - depth);
        }
    }

    /// <summary>Adds the ids that an automaton accepts from a state to a set of bits.</summary>
    /// <param name="automaton">The automaton.</param>
    /// <param name="start">Before the token.</param>
    /// <param name="maxCost">Only ids after which the text can be completed in so many bytes.</param>
    /// <param name="bits">The set.</param>
    public void Collect(Automaton automaton, AutomatonState start, int maxCost, ulong[] bits)
    {
        var states = new AutomatonState[_maxDepth + 1];
        states[0] = start;
        for (var node = 0; node < _bytes.Length;)
        {
            int depth = _depths[node];
            var state = automaton.Step(states[depth - 1], _bytes[node]);
            if (state.IsDead)
            {
                node = _skips[node];
                continue;
            }

            states[depth] = state;

            // The tokens that end at a node stand before those of its subtree.
            if (state.Cost <= maxCost)
                for (var i = _firstToken[node]; i < _firstToken[node + 1]; i++) bits[_tokens[i] / 64] |= 1ul << (_tokens[i] % 64);
            node++;
        }
    }
}
