using Gemma.Runtime.Generation.Constraints.Automata;

namespace Gemma.Runtime.Generation.Constraints;

/// <summary>States of free text that look for some byte strings, as Aho and Corasick do. Deterministic, so that text cannot pass one by.</summary>
internal sealed class TextSearch
{
    private readonly GrammarBuilder _builder;
    private readonly bool _mayEnd;
    private readonly List<Node> _nodes = [];

    /// <summary>Creates the first state.</summary>
    /// <param name="builder">Makes the states.</param>
    /// <param name="mayEnd">Whether the text may end before a string was found.</param>
    public TextSearch(GrammarBuilder builder, bool mayEnd)
    {
        (_builder, _mayEnd) = (builder, mayEnd);
        _nodes.Add(new Node(builder.State(mayEnd)));
        Start.IsFreeText = mayEnd;
    }

    /// <summary>Free text.</summary>
    public GrammarState Start => _nodes[0].State;

    /// <summary>Adds a string that is looked for and gives the state after it.</summary>
    public GrammarState Add(ReadOnlySpan<byte> text)
    {
        var node = 0;
        foreach (var b in text)
        {
            if (!_nodes[node].Children.TryGetValue(b, out var next))
            {
                _nodes[node].Children[b] = next = _nodes.Count;
                _nodes.Add(new Node(_builder.State(_mayEnd)));
            }

            node = next;
        }

        _nodes[node].IsFound = true;
        return _nodes[node].State;
    }

    /// <summary>Adds the moves between the states.</summary>
    /// <param name="decisive">The byte after a found string that is the caller's to add; other bytes lead on in the text. Null: all bytes are the
    /// caller's.</param>
    public void Complete(byte? decisive)
    {
        var open = new Queue<int>(_nodes[0].Children.Values);
        AddMoves(0, null);
        while (open.TryDequeue(out var node))
        {
            foreach (var (b, child) in _nodes[node].Children)
            {
                _nodes[child].Failure = Move(_nodes[node].Failure, b);
                open.Enqueue(child);
            }

            if (!_nodes[node].IsFound) AddMoves(node, null);
            else if (decisive is not null) AddMoves(node, decisive);
        }
    }

    private int Move(int node, byte b)
    {
        while (true)
        {
            if (_nodes[node].Children.TryGetValue(b, out var child)) return child;
            if (node == 0) return 0;
            node = _nodes[node].Failure;
        }
    }

    private void AddMoves(int node, byte? without)
    {
        var low = 0;
        var target = -1;
        for (var b = 0; b <= 256; b++)
        {
            var next = b == 256 || b == without ? -1 : Move(node, (byte)b);
            if (next == target) continue;
            if (target >= 0) _nodes[node].State.AddByte((byte)low, (byte)(b - 1), _nodes[target].State);
            (low, target) = (b, next);
        }
    }

    private sealed class Node(GrammarState state)
    {
        public GrammarState State => state;

        public Dictionary<byte, int> Children { get; } = [];

        public int Failure { get; set; }

        public bool IsFound { get; set; }
    }
}
