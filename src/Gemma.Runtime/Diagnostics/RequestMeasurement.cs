using System.Diagnostics;

namespace Gemma.Runtime.Diagnostics;

/// <summary>One request's span, durations and token counts, from its submission to its end. Recorded once, however it ends.</summary>
/// <remarks>One thread at a time counts; <see cref="End"/> may come from any.</remarks>
internal sealed class RequestMeasurement
{
    private readonly ModelInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly Activity? _activity;
    private readonly long _started;
    private long _leftQueue;
    private long _firstToken;
    private readonly List<string> _finishReasons = [];
    private int _ended;

    /// <summary>Starts the span and the clock.</summary>
    /// <param name="instruments">The model's.</param>
    /// <param name="operation">The kind of request.</param>
    /// <param name="inputTokens">Tokens of the prompt or text.</param>
    /// <param name="time">The clock.</param>
    public RequestMeasurement(ModelInstruments instruments, RequestOperation operation, int inputTokens, TimeProvider time)
    {
        _instruments = instruments;
        _time = time;
        Operation = operation;
        InputTokens = inputTokens;
        _activity = instruments.StartSpan(operation, inputTokens);
        _started = time.GetTimestamp();
    }

    public RequestOperation Operation { get; }

    /// <summary>Tokens of the prompt or text.</summary>
    public int InputTokens { get; }

    /// <summary>Those of them that the prefix cache held.</summary>
    public int CachedTokens { get; set; }

    /// <summary>Generated tokens.</summary>
    public int OutputTokens { get; private set; }

    /// <summary>Why the sequences ended; empty for requests that generate nothing.</summary>
    public IReadOnlyList<string> FinishReasons => _finishReasons;

    /// <summary>From the request to now, or to its end.</summary>
    public TimeSpan Duration => _time.GetElapsedTime(_started);

    /// <summary>From the request to its place in the batch.</summary>
    public TimeSpan QueueWait => _leftQueue == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_started, _leftQueue);

    /// <summary>From the request to the first token.</summary>
    public TimeSpan TimeToFirstToken => _time.GetElapsedTime(_started, _firstToken);

    /// <summary>Notes that the request waits no longer.</summary>
    public void LeaveQueue() => _leftQueue = _time.GetTimestamp();

    /// <summary>Counts a generated token.</summary>
    public void CountToken()
    {
        if (OutputTokens++ == 0) _firstToken = _time.GetTimestamp();
    }

    /// <summary>Notes why a sequence ended.</summary>
    public void AddFinishReason(string reason) => _finishReasons.Add(reason);

    /// <summary>Records the end.</summary>
    /// <param name="error">Why it ended early, or null.</param>
    public void End(Exception? error)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        _instruments.Record(this, error, _activity);
        _activity?.Dispose();
    }
}
