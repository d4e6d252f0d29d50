namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// A second graph for prompts over the same key-value arena: it has 8-bit activations and no lm_head. It takes all tokens of an input but those whose
/// logits are wanted, which the main graph appends.
/// </summary>
internal sealed class PrefillRunner : IDisposable
{
    // Fewer tokens are not worth another pass over weights.
    private const int FewestTokens = 8;

    private readonly GraphRunner _runner;
    private readonly List<EngineInput> _prompts = [];
    private EngineInput[] _rest = [];

    private PrefillRunner(GraphRunner runner) => _runner = runner;

    /// <summary>Opens the graph.</summary>
    /// <exception cref="EngineException">It cannot be opened, or its caches are not those of the main graph.</exception>
    public static PrefillRunner Open(OnnxRuntimeEngineOptions options, GraphLayout main, KeyValueArena arena, SlotTable slots)
    {
        var path = options.PrefillModelPath!;
        var session = OnnxRuntimeSession.Open(options with { ModelPath = path });
        try
        {
            var layout = GraphLayout.Read(session, path, options.KeyValueLayout, options.WindowRoom is not null);
            return layout.CacheType == main.CacheType && layout.KeyValueLayout == main.KeyValueLayout
                ? new PrefillRunner(new GraphRunner(session, layout, arena, slots))
                : throw new EngineException(
                    $"The key-value cache of {path} differs from that of {options.ModelPath}; convert the checkpoint again with --prefill.");
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs the prompts of a batch and counts their tokens.</summary>
    /// <returns>What is left for the main graph; valid until the next run.</returns>
    public ReadOnlySpan<EngineInput> Run(ReadOnlySpan<EngineInput> batch, int run, CancellationToken cancellationToken)
    {
        _prompts.Clear();
        if (_rest.Length < batch.Length) _rest = new EngineInput[batch.Length];
        var left = 0;
        foreach (ref readonly var input in batch)
        {
            var count = input.Tokens.Length - input.LogitsToKeep;
            if (input.HiddenStates || count < FewestTokens)
            {
                _rest[left++] = input;
                continue;
            }

            _prompts.Add(input with { Tokens = input.Tokens[..count], LogitsToKeep = 0 });
            if (input.LogitsToKeep > 0) _rest[left++] = input with { Tokens = input.Tokens[count..] };
        }

        if (_prompts.Count > 0)
        {
            _runner.Run(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_prompts), run, cancellationToken);
            foreach (var prompt in _prompts) ((OnnxRuntimeSequence)prompt.Sequence).Length += prompt.Tokens.Length;
        }

        return _rest.AsSpan(0, left);
    }

    public void Dispose() => _runner.Dispose();
}
