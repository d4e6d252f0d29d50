using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gemma.Runtime.Diagnostics;

namespace Gemma.Runtime.Tests.Diagnostics;

/// <summary>Keeps what one model's instruments record.</summary>
internal sealed class MetricsCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> _records = [];
    private readonly string _modelId;

    public MetricsCollector(string modelId)
    {
        _modelId = modelId;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == GemmaTelemetry.SourceName) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What an instrument recorded for a kind of request.</summary>
    public double[] Of(string instrument, string operation, string? error = null) =>
        [.. _records.Where(record => record.Name == instrument
            && record.Tags.GetValueOrDefault("gen_ai.operation.name") as string == operation
            && record.Tags.GetValueOrDefault("error.type") as string == error).Select(record => record.Value)];

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = new Dictionary<string, object?>(tags.ToArray());
        if (all.GetValueOrDefault("gen_ai.request.model") as string == _modelId) _records.Enqueue((instrument.Name, value, all));
    }
}
