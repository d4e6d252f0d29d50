using Gemma.Runtime.Generation.Constraints.Automata;

namespace Gemma.Runtime.Generation.Constraints.Tokens;

/// <summary>The bytes of tokens as a tree in depth-first order, so that a walk that fails skips a whole subtree. Immutable.</summary>
internal sealed class TokenTrie
{
    private readonly byte[] _bytes;
    private readonly ushort[] _depths;
    private readonly int[] _skips;
    private readonly int[] _firstToken;
    private readonly int[] _tokens;
    private readonly int[] _roots = new int[256];

    /// <summary>Builds the tree of some ids.</summary>
    public TokenTrie(ITokenBytes source, IEnumerable<int> ids)
    {
        _tokens = [.. ids];
        Array.Sort(_tokens, (a, b) => source.GetBytes(a).SequenceCompareTo(source.GetBytes(b)));
        Array.Fill(_roots, -1);
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
                if (depth == 0) _roots[bytes[0]] = nodes.Count;
                path.Add(nodes.Count);
                nodes.Add(bytes[depth]);
                depths.Add((ushort)(depth + 1));
                skips.Add(0);
                firstToken.Add(i);
            }

            MaxLength = Math.Max(MaxLength, bytes.Length);
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

    /// <summary>The bytes of the longest token.</summary>
    public int MaxLength { get; }

    /// <summary>The node after a byte, or -1; the root is node -1.</summary>
    public int Child(int node, byte next)
    {
        if (node < 0) return _roots[next];
        var depth = _depths[node] + 1;
        for (var child = node + 1; child < _skips[node]; child = _skips[child])
            if (_bytes[child] == next && _depths[child] == depth) return child;
        return -1;
    }

    /// <summary>Whether a token ends at a node.</summary>
    public bool IsToken(int node) => _firstToken[node + 1] > _firstToken[node];

    /// <summary>
    /// Adds the ids that an automaton accepts from a state to a set of bits, and gives the most tokens that complete the text after any of them.
    /// </summary>
    /// <param name="automaton">The automaton.</param>
    /// <param name="start">Before the token.</param>
    /// <param name="costs">Counts the tokens that complete a text.</param>
    /// <param name="maxTokens">Only ids after which the text can be completed in so many tokens.</param>
    /// <param name="bits">The set.</param>
    public int Collect(Automaton automaton, AutomatonState start, TokenCosts costs, int maxTokens, ulong[] bits)
    {
        var most = 0;
        var states = new AutomatonState[MaxLength + 1];
        states[0] = start;
        for (var node = 0; node < _bytes.Length;)
        {
            int depth = _depths[node];
            var state = automaton.Try(states[depth - 1], _bytes[node]);
            if (state.IsDead)
            {
                node = _skips[node];
                continue;
            }

            states[depth] = state;

            // The tokens that end at a node stand before those of its subtree.
            if (_firstToken[node] < _firstToken[node + 1] && costs.Of(state) is var tokens && tokens <= maxTokens)
            {
                most = Math.Max(most, tokens);
                for (var i = _firstToken[node]; i < _firstToken[node + 1]; i++) bits[_tokens[i] / 64] |= 1ul << (_tokens[i] % 64);
            }

            node++;
        }

        return most;
    }
}
