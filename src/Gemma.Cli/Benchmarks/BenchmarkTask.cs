using System.Diagnostics;
using System.Numerics.Tensors;
using Gemma.Runtime.Generation.Sampling;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Cli.Benchmarks;

/// <summary>A request of fixed length that notes when each of its tokens came.</summary>
internal sealed class BenchmarkTask(int[] prompt, int count, CancellationToken cancellationToken) : GenerationTask(prompt, cancellationToken)
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long[] _times = new long[count];
    private readonly long _created = Stopwatch.GetTimestamp();
    private readonly long[] _allocated = new long[count];
    private readonly double[] _engineSeconds = new double[count];
    private int _taken;

    public Task Completion => _completion.Task;

    /// <summary>Tokens so far.</summary>
    public int Taken => Volatile.Read(ref _taken);

    public override int MaxNewTokens => count;

    /// <summary>Measures how much of the time is the engine's, or null.</summary>
    public TimedEngine? Engine { get; init; }

    /// <summary>The share of the later half's time that is not the engine's: the first half compiles and fills caches.</summary>
    public double OverheadShare =>
        1 - ((_engineSeconds[^1] - _engineSeconds[count / 2]) / Stopwatch.GetElapsedTime(_times[count / 2], _times[^1]).TotalSeconds);

    /// <summary>Chooses tokens as a chat does; null: the likeliest.</summary>
    public TokenSelector? Selector { get; init; }

    /// <summary>Tokens to take whatever the model says: a model of random weights cannot copy.</summary>
    public int[]? Script { get; init; }

    /// <summary>Seconds from submission to the first token.</summary>
    public double FirstTokenSeconds => Stopwatch.GetElapsedTime(_created, _times[0]).TotalSeconds;

    /// <summary>Seconds from the first token to the last.</summary>
    public double DecodeSeconds => Stopwatch.GetElapsedTime(_times[0], _times[^1]).TotalSeconds;

    public double DecodeTokensPerSecond => (count - 1) / DecodeSeconds;

    /// <summary>Managed bytes allocated per token, once warm.</summary>
    public double AllocatedPerToken => (double)(_allocated[^1] - _allocated[count / 2]) / (count - 1 - (count / 2));

    /// <summary>The times between tokens that lie in a span of time.</summary>
    public IEnumerable<double> Gaps(long from = long.MinValue, long to = long.MaxValue)
    {
        for (var i = 1; i < _taken; i++)
        {
            if (_times[i - 1] >= from && _times[i] <= to) yield return Stopwatch.GetElapsedTime(_times[i - 1], _times[i]).TotalSeconds;
        }
    }

    public override int Choose(ReadOnlySpan<float> logits) =>
        Script is not null ? Script[_taken] : Selector?.Select(logits, Tokens) ?? TensorPrimitives.IndexOfMax(logits);

    public override bool Accept(int token)
    {
        _allocated[_taken] = GC.GetAllocatedBytesForCurrentThread();
        _engineSeconds[_taken] = Engine?.Seconds ?? 0;
        _times[_taken++] = Stopwatch.GetTimestamp();
        return _taken < count;
    }

    public override void Finish(Exception? error)
    {
        if (error is null) _completion.SetResult();
        else _completion.SetException(error);
    }
}
