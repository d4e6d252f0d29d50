using System.Collections.Concurrent;
using System.Diagnostics;
using Gemma.Runtime.Diagnostics;

namespace Gemma.Runtime.Tests.Diagnostics;

/// <summary>Keeps the spans of one model, in the order in which they end.</summary>
internal sealed class SpanCollector : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = [];

    public SpanCollector(string modelId)
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == GemmaTelemetry.SourceName,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.GetTagItem("gen_ai.request.model") as string == modelId) _ended.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IEnumerable<Activity> Of(string name) => _ended.Where(span => span.OperationName == name);

    public void Dispose() => _listener.Dispose();
}
