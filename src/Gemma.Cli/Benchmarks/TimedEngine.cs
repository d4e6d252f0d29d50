using System.Diagnostics;
using Gemma.Runtime.Engines;

namespace Gemma.Cli.Benchmarks;

/// <summary>An engine that adds up the time of its passes: the rest is this library's own.</summary>
internal sealed class TimedEngine(IInferenceEngine engine) : IInferenceEngine
{
    private long _ticks;

    public EngineInfo Info => engine.Info;

    public double Seconds => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _ticks)).TotalSeconds;

    public IEngineSequence CreateSequence() => engine.CreateSequence();

    public CacheDemand DemandOf(int tokens) => engine.DemandOf(tokens);

    public bool CanHold(CacheDemand demand) => engine.CanHold(demand);

    public void Trim() => engine.Trim();

    public void Run(ReadOnlySpan<EngineInput> batch, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        engine.Run(batch, cancellationToken);
        Volatile.Write(ref _ticks, _ticks + Stopwatch.GetTimestamp() - start);
    }

    // The benchmark goes on with the engine inside.
    public void Dispose()
    {
    }
}
