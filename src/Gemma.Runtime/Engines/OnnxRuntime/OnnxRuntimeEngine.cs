using Gemma.Runtime.Engines.OnnxRuntime.Memory;
using Gemma.Runtime.Engines.Providers;
using Gemma.Runtime.Models.Architecture;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Gemma.Runtime.Engines.OnnxRuntime;

/// <summary>
/// The default engine: ONNX Runtime with one graph, a slot arena for the caches and IoBinding; batches are ragged, results are the same as those of single
/// runs.
/// </summary>
internal sealed class OnnxRuntimeEngine : IInferenceEngine
{
    private readonly OnnxRuntimeEngineOptions _options;
    private readonly GraphLayout _layout;
    private readonly KeyValueArena _arena;
    private readonly SlotTable _slots;
    private readonly GraphRunner _runner;
    private readonly PrefillRunner? _prefill;
    private readonly CacheBudget _budget;
    private readonly int _vocabularySize;
    private int _run;
    private bool _disposed;

    public OnnxRuntimeEngine(OnnxRuntimeEngineOptions options)
    {
        _options = options;
        var session = OnnxRuntimeSession.Open(options);
        try
        {
            _layout = GraphLayout.Read(session, options.ModelPath, options.KeyValueLayout, options.WindowRoom is not null);
            _arena = new KeyValueArena(_layout.KeyValueLayout, _layout.CacheType,
                options.SparseCache && ExecutionProvider.Of(options.Device).IsOnHost);
            _budget = Budget(options, _layout.KeyValueLayout, _arena);
            if (_budget.LongestSequence == 0)
            {
                throw new EngineException(
                    $"A key-value cache of {_budget.Bytes} bytes holds no sequence: a token takes {_budget.BytesPerToken}; raise the budget.");
            }
            _slots = new SlotTable(_arena, options.MaxSequences, _budget, options.ReservesCache && _layout.CacheType == TensorElementType.Float);
            _runner = new GraphRunner(session, _layout, _arena, _slots);
            _vocabularySize = options.VocabularySize > 0 ? options.VocabularySize : _layout.VocabularySize > 0 ? _layout.VocabularySize : int.MaxValue;
            Info = new EngineInfo(
                "onnxruntime",
                OrtEnv.Instance().GetVersionString(),
                ExecutionProvider.Of(options.Device).Name,
                _layout.VocabularySize,
                _layout.HiddenSize,
                _budget.LongestSequence,
                options.MaxSequences,
                _arena.BytesPerToken,
                _layout.HiddenSize > 0,
                _layout.VocabularySize == 0 ? 0 : _layout.PrunesLmHead && !_layout.HasLogitsToKeep ? 1 : int.MaxValue)
            {
                Threads = options.ThreadSettings,
                ContinuesSequences = _layout.HasCache,
            };
            if (options.PrefillModelPath is not null) _prefill = PrefillRunner.Open(options, _layout, _arena, _slots);
        }
        catch
        {
            // The runner owns the session, and its bindings have to go first.
            if (_runner is null) session.Dispose();
            else _runner.Dispose();
            throw;
        }
    }

    public EngineInfo Info { get; }

    public IEngineSequence CreateSequence()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new OnnxRuntimeSequence(this);
    }

    public CacheDemand DemandOf(int tokens) => _budget.DemandOf(tokens);

    public bool CanHold(CacheDemand demand) => _budget.Allows(demand, _arena.IsSparse);

    public void Trim()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _slots.Trim();
        EnvironmentAllocator.Memory.Trim();
    }

    public void Run(ReadOnlySpan<EngineInput> batch, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        Validate(batch);
        _run++;
        Span<int> lengths = batch.Length <= 64 ? stackalloc int[batch.Length] : new int[batch.Length];
        for (var i = 0; i < batch.Length; i++)
        {
            lengths[i] = batch[i].Sequence.Length;
            _slots.Slide((OnnxRuntimeSequence)batch[i].Sequence, batch[i].Tokens.Length);
        }

        try
        {
            var rest = _prefill is null ? batch : _prefill.Run(batch, _run, cancellationToken);
            if (!rest.IsEmpty) _runner.Run(rest, _run, cancellationToken);
            for (var i = 0; i < batch.Length; i++) ((OnnxRuntimeSequence)batch[i].Sequence).Length = lengths[i] + batch[i].Tokens.Length;
        }
        catch
        {
            for (var i = 0; i < batch.Length; i++) ((OnnxRuntimeSequence)batch[i].Sequence).Length = lengths[i];
            throw;
        }
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _prefill?.Dispose();
        _runner.Dispose();
        _arena.Dispose();
        EnvironmentAllocator.Memory.Trim();
    }

    /// <summary>Bytes that the key-value arena takes now.</summary>
    public long CacheBytes => _arena.Bytes;

    public long MaxCacheBytes => _budget.Bytes;

    internal ReadOnlySpan<float> LogitsOf(int run, int offset, int count) =>
        run == _run && !_disposed
            ? _runner.Logits.Slice(offset, count)
            : throw new InvalidOperationException("The logits are those of an earlier run: read them before the engine runs again.");

    internal ReadOnlySpan<float> HiddenStatesOf(int run, int offset, int count) =>
        run == _run && !_disposed
            ? _runner.HiddenStates.Slice(offset, count)
            : throw new InvalidOperationException("The hidden states are those of an earlier run: read them before the engine runs again.");

    internal void Copy(OnnxRuntimeSequence source, OnnxRuntimeSequence target, int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!source.BelongsTo(this)) throw new ArgumentException("The source belongs to another engine.", nameof(source));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)source.Length, nameof(length));
        if (length > 0) ArgumentOutOfRangeException.ThrowIfLessThan(length, source.ShortestLength, nameof(length));
        if (ReferenceEquals(source, target))
        {
            target.Truncate(length);
            return;
        }

        (target.Length, target.Dropped) = (0, 0);
        if (length == 0) return;
        _slots.Copy(source, target, source.RowsFor(length));
        (target.Length, target.Dropped) = (length, source.Dropped);
    }

    internal int ShortestLength(int dropped) => _budget.Windows?.ShortestLength(dropped) ?? 0;

    internal void Release(OnnxRuntimeSequence sequence)
    {
        if (!_disposed) _slots.Remove(sequence);
    }

    private static CacheBudget Budget(OnnxRuntimeEngineOptions options, KeyValueLayout layout, KeyValueArena arena)
    {
        var windows = layout.Window is { } window && options.WindowRoom is { } room ? new WindowRows(window, room) : null;
        var budget = new CacheBudget(options.Engine.MaxCacheBytes ?? 0, arena.BytesPerToken, options.ContextLength)
        {
            Windows = windows,
            WindowBytesPerToken = arena.WindowBytesPerToken,
        };
        return options.Engine.MaxCacheBytes is null ? budget.WithDefaultBytes(options.MaxSequences) : budget;
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
}
