using Microsoft.ML.OnnxRuntime;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>The default engine: ONNX Runtime with one graph, a slot arena for the caches and IoBinding; batches are ragged, results are the same as those of single runs.</summary>
internal sealed class OnnxRuntimeEngine : IInferenceEngine
{
    private readonly OnnxRuntimeEngineOptions _options;
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly GraphLayout _layout;
    private readonly KeyValueArena _arena;
    private readonly SlotTable _slots;
    private readonly RunBinding _binding;
    private readonly EnginePlan _plan = new();
    private readonly CacheBudget _budget;
    private readonly int _vocabularySize;
    private int _run;
    private bool _disposed;

    public OnnxRuntimeEngine(OnnxRuntimeEngineOptions options)
    {
        _options = options;
        _session = OnnxRuntimeSession.Open(options);
        try
        {
            _layout = GraphLayout.Read(_session, options.ModelPath);
            _arena = new KeyValueArena(_layout.PastNames.Length, _layout.KeyValueHeads, options.HeadSize, _layout.CacheType);
            _budget = new CacheBudget(options.CacheBytes ?? CacheBudget.DefaultBytes(options.MaxSequences, _arena.BytesPerToken, options.ContextLength), _arena.BytesPerToken, options.ContextLength);
            if (_budget.LongestSequence == 0) throw new EngineException($"A key-value cache of {_budget.Bytes} bytes holds no sequence: a token takes {_budget.BytesPerToken}; raise the budget.");
            _slots = new SlotTable(_arena, options.MaxSequences, _budget);
            _binding = new RunBinding(_session, _layout, _arena);
            _vocabularySize = options.VocabularySize > 0 ? options.VocabularySize : _layout.VocabularySize > 0 ? _layout.VocabularySize : int.MaxValue;
            Info = new EngineInfo(
                "onnxruntime",
                OrtEnv.Instance().GetVersionString(),
                options.Device == GemmaDevice.Cuda ? "cuda" : "cpu",
                _layout.VocabularySize,
                _layout.HiddenSize,
                _budget.LongestSequence,
                options.MaxSequences,
                _arena.BytesPerToken,
                _layout.HiddenSize > 0,
                _layout.VocabularySize == 0 ? 0 : _layout.PrunedHead && !_layout.HasLogitsToKeep ? 1 : int.MaxValue);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
    }

    public EngineInfo Info { get; }

    public IEngineSequence CreateSequence()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new OnnxRuntimeSequence(this);
    }

    public bool CanHold(int sequences, int tokens) => _budget.Allows(sequences, _budget.Exact(tokens));

    public void Trim()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _slots.Trim();
    }

    public void Run(ReadOnlySpan<EngineInput> batch, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        Validate(batch);
        _plan.Build(batch);
        _binding.ReserveResults(_plan.Passes);
        _run++;
        try
        {
            foreach (var pass in _plan.Passes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RunPass(batch, pass, cancellationToken);
            }

            _binding.CollectResults();
            foreach (ref readonly var input in batch) ((OnnxRuntimeSequence)input.Sequence).Length += input.Tokens.Length;
        }
        finally
        {
            foreach (ref readonly var input in batch) ((OnnxRuntimeSequence)input.Sequence).Written = 0;
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _binding.Dispose();
        _arena.Dispose();
        _runOptions.Dispose();
        _session.Dispose();
    }

    /// <summary>Bytes of the key-value arena now.</summary>
    internal long CacheBytes => _arena.Bytes;

    internal ReadOnlySpan<float> LogitsOf(int run, int offset, int count) =>
        run == _run && !_disposed ? _binding.Logits.Slice(offset, count) : throw new InvalidOperationException("The logits are those of an earlier run: read them before the engine runs again.");

    internal ReadOnlySpan<float> HiddenStatesOf(int run, int offset, int count) =>
        run == _run && !_disposed ? _binding.HiddenStates.Slice(offset, count) : throw new InvalidOperationException("The hidden states are those of an earlier run: read them before the engine runs again.");

    internal void Copy(OnnxRuntimeSequence source, OnnxRuntimeSequence target, int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!source.BelongsTo(this)) throw new ArgumentException("The source belongs to another engine.", nameof(source));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)source.Length, nameof(length));
        if (ReferenceEquals(source, target))
        {
            target.Length = length;
            return;
        }

        target.Length = 0;
        _slots.Place(target, length);
        if (length > 0) _arena.Copy(source.Slot, target.Slot, length);
        target.Length = length;
    }

    internal void Release(OnnxRuntimeSequence sequence)
    {
        if (!_disposed) _slots.Remove(sequence);
    }

    private void RunPass(ReadOnlySpan<EngineInput> batch, EnginePass pass, CancellationToken cancellationToken)
    {
        var members = pass.Members;
        foreach (var member in members) _slots.Place(member, member.Length + pass.Tokens);
        var first = _slots.Gather(members);
        _binding.Prepare(first, pass);
        foreach (var index in pass.Inputs)
        {
            ref readonly var input = ref batch[index];
            var sequence = (OnnxRuntimeSequence)input.Sequence;
            var row = sequence.Slot - first;
            _binding.SetRow(row, input.Tokens.Span, sequence.Length);
            var (logits, states) = _binding.ResultOffsets(row, input.Tokens.Length, input.LogitsToKeep);
            sequence.SetResults(_run, logits, input.LogitsToKeep * _layout.VocabularySize, states, input.HiddenStates ? input.Tokens.Length * _layout.HiddenSize : 0);
        }

        Execute(cancellationToken);
        _binding.FetchResults();
        foreach (var index in pass.Inputs) ((OnnxRuntimeSequence)batch[index].Sequence).Written = batch[index].Tokens.Length;
    }

    private void Validate(ReadOnlySpan<EngineInput> batch)
    {
        ArgumentOutOfRangeException.ThrowIfZero(batch.Length, nameof(batch));
        foreach (ref readonly var input in batch)
        {
            var sequence = (OnnxRuntimeSequence)input.Sequence;
            ObjectDisposedException.ThrowIf(sequence.IsDisposed, sequence);
            if (!sequence.BelongsTo(this)) throw new ArgumentException("A sequence belongs to another engine.", nameof(batch));
            input.Validate(Info, _vocabularySize);
        }
    }

    private void Execute(CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, _runOptions);
        try
        {
            _session.RunWithBinding(_runOptions, _binding.Binding);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OnnxRuntimeException e)
        {
            throw new EngineException($"ONNX Runtime failed: {e.Message}", e);
        }
        finally
        {
            registration.Dispose();
            _runOptions.Terminate = false;
        }
    }
}
