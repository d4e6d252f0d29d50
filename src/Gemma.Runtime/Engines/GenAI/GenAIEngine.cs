using Gemma.Runtime.Engines.Providers;
using Gemma.Runtime.Models;

namespace Gemma.Runtime.Engines.GenAI;

/// <summary>
/// The engine for GPUs: ONNX Runtime GenAI through its C API. Sequences of a run are computed one after the other, each in its own generator.
/// </summary>
internal sealed class GenAIEngine : IInferenceEngine
{
    // Graphs with all rows write [tokens, vocabulary] logits: longer appends are cut so that this stays near 256 MiB.
    private const int MostLogits = 64 << 20;

    private readonly GenAIEngineOptions _options;
    private readonly GenAIModel _model;
    private readonly GenAIGraph _graph;
    private readonly GenAIGeneratorPool _pool;
    private readonly Lock _gate = new();
    private volatile GenAIGenerator? _running;
    private volatile bool _closing;
    private bool _disposed;

    public GenAIEngine(GenAIEngineOptions options)
    {
        _options = options;
        var library = GenAILibrary.Load(options.Engine.GenAIFolder, options.Logger);
        _model = GenAIModel.Open(options);
        try
        {
            _graph = GenAIGraph.Probe(_model, options);
            _pool = new GenAIGeneratorPool(_model, options, _graph.BytesPerToken);
            Info = new EngineInfo(
                "onnxruntime-genai",
                library.Version,
                _model.Device,
                _graph.VocabularySize,
                _graph.HiddenSize,
                options.ContextLength,
                options.MaxSequences,
                _graph.BytesPerToken,
                _graph.HiddenSize > 0,
                int.MaxValue)
            {
                Threads = options.ThreadSettings,
                CopiesSequences = false,
                ComputesRowsTogether = _graph.AllRows,
            };
            GenAILibrary.Register(this);
        }
        catch
        {
            _model.Dispose();
            throw;
        }
    }

    public EngineInfo Info { get; }

    /// <summary>Counts runs: results of earlier ones are void.</summary>
    public int CurrentRun { get; private set; }

    public IEngineSequence CreateSequence()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new GenAISequence(this);
    }

    public void Run(ReadOnlySpan<EngineInput> batch, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_closing) throw new EngineException("The process ends.");
            cancellationToken.ThrowIfCancellationRequested();
            foreach (ref readonly var input in batch) Validate(input);
            CurrentRun++;
            foreach (ref readonly var input in batch) Run(input, cancellationToken);
            foreach (ref readonly var input in batch) ((GenAISequence)input.Sequence).Append(input.Tokens.Span);
        }
    }

    public CacheDemand DemandOf(int tokens)
    {
        tokens = Math.Min(tokens, Info.ContextLength);
        return new CacheDemand(1, _pool.CapacityOf(tokens) * Info.BytesPerToken, tokens);
    }

    public bool CanHold(CacheDemand demand) => _options.Engine.MaxCacheBytes is not { } limit || demand.Bytes <= limit;

    public void Dispose()
    {
        lock (_gate) Close();
    }

    /// <summary>Closes the engine before the process ends, interrupting what it computes.</summary>
    /// <returns>Whether it is closed; false if it did not stop in time.</returns>
    public bool TryClose(TimeSpan patience)
    {
        _closing = true;
        _running?.Terminate();
        if (!_gate.TryEnter(patience)) return false;
        try
        {
            Close();
            return true;
        }
        finally
        {
            _gate.Exit();
        }
    }

    internal void Release(GenAISequence sequence)
    {
        lock (_gate)
        {
            if (!_disposed) _pool.Free(sequence);
        }
    }

    private void Close()
    {
        if (_disposed) return;
        _disposed = true;
        _pool.Dispose();
        _model.Dispose();
        GenAILibrary.Unregister(this);
    }

    private void Validate(in EngineInput input)
    {
        if (input.Sequence is not GenAISequence sequence || !sequence.BelongsTo(this))
            throw new ArgumentException("A sequence belongs to another engine.", nameof(input));
        ObjectDisposedException.ThrowIf(sequence.IsDisposed, sequence);
        input.Validate(Info, _graph.VocabularySize);
    }

    private void Run(in EngineInput input, CancellationToken cancellationToken)
    {
        var sequence = (GenAISequence)input.Sequence;
        var sampling = Offered(input.Sampling);
        var samples = Samples(input, sampling);
        int? next = samples ? input.Tokens.Span[0] : null;
        var generator = _pool.Prepare(sequence, sequence.Length + input.Tokens.Length + (samples ? 1 : 0), sampling ?? SamplingParameters.Greedy, next);
        _running = generator;
        try
        {
            using (cancellationToken.UnsafeRegister(static state => ((GenAIGenerator)state!).Terminate(), generator))
            {
                if (samples) Sample(input, generator);
                else Compute(input, generator);
            }
        }
        catch (EngineException)
        {
            _pool.Free(sequence);
            if (!generator.IsTerminated) throw;
        }
        finally
        {
            _running = null;
        }

        if (!generator.IsTerminated) return;

        // The cache may be incomplete without any sign of it, also when the interruption came too late to stop the append.
        _pool.Free(sequence);
        cancellationToken.ThrowIfCancellationRequested();
        throw new EngineException("The process ends.");
    }

    // Of equal logits a GPU takes any, by whichever kernel was the fastest: the best token, which must not depend on that, is left to the host unless the
    // device is asked for.
    private SamplingParameters? Offered(SamplingParameters? sampling) => _options.Engine.Sampling switch
    {
        SamplingPlace.Host => null,
        SamplingPlace.Auto when ExecutionProvider.Of(_options.Device).IsOnHost || sampling is { TopK: 1 } => null,
        _ => sampling is null ? null : sampling with { TopK = Math.Min(sampling.TopK, _graph.VocabularySize) },
    };

    // Behind a prompt logits are returned all the same: they show the request that a model computes no numbers, which a chosen token does not.
    private bool Samples(in EngineInput input, SamplingParameters? sampling) =>
        sampling is not null
            && input is { Tokens.Length: 1, LogitsToKeep: 1, HiddenStates: false }
            && input.Sequence.Length > 0
            && input.Sequence.Length + 1 < Info.ContextLength
        && (((GenAISequence)input.Sequence).Generator?.Sampling ?? sampling) == sampling;

    private void Sample(in EngineInput input, GenAIGenerator generator)
    {
        var sequence = (GenAISequence)input.Sequence;
        var missing = sequence.Ids[generator.Ids.Length..];
        if (missing.Length > 0) generator.Append(missing);
        sequence.TakeSampled(CurrentRun, generator.Sample(input.Tokens.Span[0]));
    }

    private void Compute(in EngineInput input, GenAIGenerator generator)
    {
        var sequence = (GenAISequence)input.Sequence;
        var (tokens, keep) = (input.Tokens.Length, input.LogitsToKeep);
        int[] feed = [.. sequence.Ids[generator.Ids.Length..], .. input.Tokens.Span];
        var (logits, hidden) = sequence.ReserveResults(CurrentRun, keep * _graph.VocabularySize, input.HiddenStates ? tokens * _graph.HiddenSize : 0);
        for (int start = 0, count; start < feed.Length; start += count)
        {
            count = PieceLength(feed.Length - start, keep);
            generator.Append(feed.AsSpan(start, count));
            var end = start + count;
            if (input.HiddenStates) Collect(generator.Output(GraphNames.HiddenStates), end, feed.Length, tokens, hidden.Span);
            if (end > feed.Length - keep)
            {
                Collect(_graph.AllRows && (keep > 1 || feed[end - 1] == _graph.Padding)
                    ? generator.Output(GraphNames.Logits)
                    : generator.Logits(), end, feed.Length, keep, logits.Span);
            }
        }
    }

    // Where the graph returns one row of logits, tokens whose logits are wanted go one at a time.
    private int PieceLength(int rest, int keep)
    {
        if (_graph.AllRows) return Math.Min(rest, Math.Max(1, MostLogits / _graph.VocabularySize));
        return keep < rest ? rest - keep + (keep > 0 ? 1 : 0) : 1;
    }

    // Copies the part of an output that lies in the last `wanted` of all fed tokens.
    private static void Collect(GenAITensor? output, int end, int fed, int wanted, Span<float> destination)
    {
        using var tensor = output ?? throw new EngineException("ONNX Runtime GenAI lost an output of the graph between two runs.");
        var first = Math.Max(end - tensor.Rows, fed - wanted);
        if (first >= end) return;
        tensor.CopyRows(tensor.Rows - (end - first), end - first, destination[((first - (fed - wanted)) * tensor.Width)..]);
    }
}
