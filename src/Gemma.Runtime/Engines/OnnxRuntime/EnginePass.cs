using System.Runtime.InteropServices;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>One pass through the graph: inputs that the attention operator can take together.</summary>
internal sealed class EnginePass
{
    private readonly List<int> _inputs = [];
    private readonly List<OnnxRuntimeSequence> _members = [];

    /// <summary>Positions in the batch.</summary>
    public ReadOnlySpan<int> Inputs => CollectionsMarshal.AsSpan(_inputs);

    public ReadOnlySpan<OnnxRuntimeSequence> Members => CollectionsMarshal.AsSpan(_members);

    /// <summary>New tokens of the longest row; shorter rows are padded on the right.</summary>
    public int Tokens { get; private set; }

    /// <summary>Whether no row has a past: padding is then told apart by the mask.</summary>
    public bool FirstPrompt { get; private set; }

    /// <summary>Cached rows of the longest row of the batch.</summary>
    public CacheRows LongestPast { get; private set; }

    /// <summary>Logits rows per sequence that cover what every input keeps.</summary>
    public int LogitsToKeep { get; private set; }

    public bool HiddenStates { get; private set; }

    public void Reset()
    {
        _inputs.Clear();
        _members.Clear();
        (Tokens, LongestPast, LogitsToKeep, FirstPrompt, HiddenStates) = (0, default, 0, true, false);
    }

    public void Add(int index, in EngineInput input)
    {
        var sequence = (OnnxRuntimeSequence)input.Sequence;
        _inputs.Add(index);
        _members.Add(sequence);
        FirstPrompt &= sequence.Length == 0;
        LongestPast = LongestPast.Max(sequence.RowsFor(sequence.Length));
        HiddenStates |= input.HiddenStates;
        Tokens = Math.Max(Tokens, input.Tokens.Length);
    }

    public void Complete(ReadOnlySpan<EngineInput> batch)
    {
        foreach (var index in _inputs)
        {
            ref readonly var input = ref batch[index];
            if (input.LogitsToKeep > 0) LogitsToKeep = Math.Max(LogitsToKeep, Tokens - input.Tokens.Length + input.LogitsToKeep);
        }
    }
}
