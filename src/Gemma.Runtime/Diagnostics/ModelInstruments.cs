using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gemma.Runtime.Diagnostics;

/// <summary>
/// A model's metrics and spans: OpenTelemetry's server-side names for generative AI, and the queue's, the cache's and the memory's own. Never any text of a
/// prompt or an answer.
/// </summary>
internal sealed class ModelInstruments : IDisposable
{
    private static readonly ActivitySource Source = new(GemmaTelemetry.SourceName);
    private static readonly double[] DurationBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    private static readonly double[] TokenBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly KeyValuePair<string, object?> _model;
    private readonly KeyValuePair<string, object?> _provider = new("gen_ai.provider.name", "gemma");
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _perToken;
    private readonly Counter<long> _inputTokens;
    private readonly Counter<long> _cachedTokens;
    private readonly Counter<long> _outputTokens;
    private readonly Histogram<double> _queueWait;
    private readonly Counter<long> _classifiedTexts;

    public ModelInstruments(string modelId, IMeterFactory? factory)
    {
        // A factory owns the meters it makes.
        _ownsMeter = factory is null;
        _meter = factory?.Create(new MeterOptions(GemmaTelemetry.SourceName)) ?? new Meter(GemmaTelemetry.SourceName);
        _model = new("gen_ai.request.model", modelId);
        _duration = Histogram("gen_ai.server.request.duration", "From the request to its end.", DurationBuckets);
        _firstToken = Histogram("gen_ai.server.time_to_first_token", "From the request to the first token, waiting included.", DurationBuckets);
        _perToken = Histogram("gen_ai.server.time_per_output_token", "Between two tokens after the first.", TokenBuckets);
        _inputTokens = _meter.CreateCounter<long>("gemma.tokens.input", "{token}", "Tokens of prompts and texts.");
        _cachedTokens = _meter.CreateCounter<long>("gemma.tokens.cached", "{token}", "Tokens of prompts that the prefix cache held.");
        _outputTokens = _meter.CreateCounter<long>("gemma.tokens.output", "{token}", "Generated tokens.");
        _queueWait = Histogram("gemma.queue.wait", "From the request to its place in the batch.", DurationBuckets);
        _classifiedTexts = _meter.CreateCounter<long>("gemma.classify.texts", "{text}", "Texts that were classified.");
    }

    /// <summary>A span around the loading of a model, or null if nobody listens.</summary>
    public static Activity? StartLoad(string modelId) => Source.StartActivity("gemma.load")?.SetTag("gen_ai.request.model", modelId);

    /// <summary>Adds the gauges and counters that are read when somebody collects them.</summary>
    /// <param name="queueLength">Requests that wait.</param>
    /// <param name="activeRequests">Requests that run.</param>
    /// <param name="batchRows">Sequences of the running batch.</param>
    /// <param name="cache">Memory of keys and values, and the most that it may be (0: nobody knows).</param>
    /// <param name="statistics">Counts tokens that were guessed ahead, and those that were right.</param>
    public void Observe(Func<int> queueLength, Func<int> activeRequests, Func<int> batchRows, Func<(long Bytes, long Most)> cache,
        SchedulerStatistics statistics)
    {
        _meter.CreateObservableGauge("gemma.queue.length", () => new Measurement<int>(queueLength(), _model), "{request}", "Requests that wait, of all kinds.");
        _meter.CreateObservableGauge("gemma.requests.active", () => new Measurement<int>(activeRequests(), _model), "{request}",
            "Requests that run, of all kinds.");
        _meter.CreateObservableGauge("gemma.cache.size", () => new Measurement<long>(cache().Bytes, _model), "By",
            "Memory of keys and values, of running and of kept conversations.");
        _meter.CreateObservableGauge("gemma.cache.usage",
            () => new Measurement<double>(cache() is { Most: > 0 } used ? Math.Min(1, (double)used.Bytes / used.Most) : 0, _model), "1",
            "The share of the memory for keys and values that is taken.");
        _meter.CreateObservableGauge("gemma.batch.rows", () => new Measurement<int>(batchRows(), _model), "{row}", "Sequences of the running batch.");
        _meter.CreateObservableCounter("gemma.tokens.drafted", () => new Measurement<long>(statistics.DraftedTokens, _model), "{token}",
            "Tokens that prompt lookup or the draft model guessed.");
        _meter.CreateObservableCounter("gemma.tokens.accepted", () => new Measurement<long>(statistics.AcceptedDraftTokens, _model), "{token}",
            "Guessed tokens that were right.");
    }

    /// <summary>A span around one request, or null if nobody listens.</summary>
    public Activity? StartSpan(RequestOperation operation, int inputTokens) => Source.StartActivity(operation.SpanName)
        ?.SetTag("gen_ai.operation.name", operation.Name)
        .SetTag(_model.Key, _model.Value)
        .SetTag(_provider.Key, _provider.Value)
        .SetTag("gen_ai.usage.input_tokens", inputTokens);

    /// <summary>Records a request that ended.</summary>
    public void Record(RequestMeasurement request, Exception? error, Activity? activity)
    {
        var tags = new TagList { _model, _provider, { "gen_ai.operation.name", request.Operation.Name } };
        if (error is not null)
        {
            var type = error.GetType().FullName;
            activity?.SetTag("error.type", type).SetStatus(ActivityStatusCode.Error);
            tags.Add("error.type", type);
            _duration.Record(request.Duration.TotalSeconds, tags);
            return;
        }

        var duration = request.Duration;
        _duration.Record(duration.TotalSeconds, tags);
        _inputTokens.Add(request.InputTokens, tags);
        _cachedTokens.Add(request.CachedTokens, tags);
        _queueWait.Record(request.QueueWait.TotalSeconds, tags);
        if (request.Operation == RequestOperation.Classification) _classifiedTexts.Add(1, tags);
        activity?.SetTag("gen_ai.usage.cache_read.input_tokens", request.CachedTokens);
        if (request.FinishReasons.Count == 0) return;
        _firstToken.Record(request.TimeToFirstToken.TotalSeconds, tags);
        if (request.OutputTokens > 1) _perToken.Record((duration - request.TimeToFirstToken).TotalSeconds / (request.OutputTokens - 1), tags);
        _outputTokens.Add(request.OutputTokens, tags);
        activity?.SetTag("gen_ai.usage.output_tokens", request.OutputTokens).SetTag("gen_ai.response.finish_reasons", request.FinishReasons.ToArray());
    }

    public void Dispose()
    {
        if (_ownsMeter) _meter.Dispose();
    }

    private Histogram<double> Histogram(string name, string description, double[] buckets) =>
        _meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}
