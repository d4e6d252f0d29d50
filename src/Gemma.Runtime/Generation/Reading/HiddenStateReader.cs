using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Generation.Reading;

/// <summary>Reads texts with a model's backbone. Texts of all callers share passes; each one's states do not depend on which.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class HiddenStateReader
{
    private const int MaxRows = 16;

    // Matrix kernels are near their best speed from some hundred rows on. Small passes bound the gap between the tokens of requests that generate meanwhile.
    private const int MaxTokens = 512;
    private const int MaxTokensBesideOthers = 128;

    private readonly InferenceScheduler _scheduler;
    private readonly EngineInfo _engine;
    private readonly ReadingQueue _queue;
    private readonly int _rows;

    public HiddenStateReader(InferenceScheduler scheduler, EngineInfo engine)
    {
        _scheduler = scheduler;
        _engine = engine;
        _rows = Math.Clamp(engine.MaxBatchSize / 2, 1, MaxRows);
        _queue = new ReadingQueue(_rows);
    }

    /// <summary>Width of the hidden states.</summary>
    public int HiddenSize => _engine.HiddenSize;

    /// <summary>Queues a text.</summary>
    /// <exception cref="EngineException">The graph has no hidden states output.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public Task<TResult> ReadAsync<TResult>(HiddenStateReading<TResult> reading)
    {
        if (!_engine.SupportsHiddenStates) throw new EngineException("The package's graph has no output 'hidden_states', which classification and embeddings read; convert the checkpoint with this library and open it with the onnxruntime engine.");
        if (!_queue.Add(reading)) return reading.Completion;
        try
        {
            _scheduler.Submit(new ReadingJob(_queue, _rows, () => _scheduler.ActiveRequests > 1 ? MaxTokensBesideOthers : MaxTokens));
        }
        catch (Exception e)
        {
            foreach (var request in _queue.Clear()) request.Finish(e);
        }

        return reading.Completion;
    }
}
