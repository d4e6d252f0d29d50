using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Scheduling;

namespace Gemma.Runtime.Diagnostics;

/// <summary>
/// A model's metrics and spans: OpenTelemetry's server-side names for generative AI, and the queue's, the cache's and the memory's own. Never any text of a prompt or an answer.
/// </summary>
internal sealed class ModelInstruments : IDisposable
{
    private static readonly ActivitySource s_source = new(GemmaTelemetry.SourceName);
    private static readonly double[] s_durationBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    private static readonly double[] s_tokenBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];

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

    public ModelInstruments(string modelId, IMeterFactory? factory, InferenceScheduler scheduler, Func<long> cacheBytes)
    {
        // A factory owns the meters it makes.
        _ownsMeter = factory is null;
        _meter = factory?.Create(new MeterOptions(GemmaTelemetry.SourceName)) ?? new Meter(GemmaTelemetry.SourceName);
        _model = new("gen_ai.request.model", modelId);
        _duration = Histogram("gen_ai.server.request.duration", "From the request to the last token.", s_durationBuckets);
        _firstToken = Histogram("gen_ai.server.time_to_first_token", "From the request to the first token, waiting included.", s_durationBuckets);
        _perToken = Histogram("gen_ai.server.time_per_output_token", "Between two tokens after the first.", s_tokenBuckets);
        _inputTokens = _meter.CreateCounter<long>("gemma.tokens.input", "{token}", "Tokens of prompts.");
        _cachedTokens = _meter.CreateCounter<long>("gemma.tokens.cached", "{token}", "Tokens of prompts that the prefix cache held.");
        _outputTokens = _meter.CreateCounter<long>("gemma.tokens.output", "{token}", "Generated tokens.");
        _meter.CreateObservableGauge("gemma.queue.length", () => new Measurement<int>(scheduler.QueueLength, _model), "{request}", "Requests that wait.");
        _meter.CreateObservableGauge("gemma.requests.active", () => new Measurement<int>(scheduler.ActiveRequests, _model), "{request}", "Requests that run.");
        _meter.CreateObservableGauge("gemma.cache.size", () => new Measurement<long>(cacheBytes(), _model), "By", "Memory of keys and values, of running and of kept conversations.");
        _meter.CreateObservableCounter("gemma.tokens.drafted", () => new Measurement<long>(scheduler.Statistics.DraftedTokens, _model), "{token}", "Tokens that prompt lookup guessed.");
        _meter.CreateObservableCounter("gemma.tokens.accepted", () => new Measurement<long>(scheduler.Statistics.AcceptedDraftTokens, _model), "{token}", "Guessed tokens that were right.");
    }

    /// <summary>A span around the loading of a model, or null if nobody listens.</summary>
    public static Activity? StartLoad(string modelId) => s_source.StartActivity("gemma.load")?.SetTag("gen_ai.request.model", modelId);

    /// <summary>A span around one generation, or null if nobody listens.</summary>
    public Activity? StartGeneration(int promptTokens) => s_source.StartActivity("gemma.generate")?.SetTag(_model.Key, _model.Value).SetTag("gen_ai.usage.input_tokens", promptTokens);

    /// <summary>Records a finished generation.</summary>
    public void Record(GenerationSummary summary, Activity? activity)
    {
        _duration.Record(summary.Duration.TotalSeconds, _model, _provider);
        _firstToken.Record(summary.TimeToFirstToken.TotalSeconds, _model, _provider);
        if (summary.OutputTokens > 1) _perToken.Record((summary.Duration - summary.TimeToFirstToken).TotalSeconds / (summary.OutputTokens - 1), _model, _provider);
        _inputTokens.Add(summary.InputTokens, _model);
        _cachedTokens.Add(summary.CachedInputTokens, _model);
        _outputTokens.Add(summary.OutputTokens, _model);
        activity?.SetTag("gen_ai.usage.output_tokens", summary.OutputTokens)
            .SetTag("gen_ai.usage.cache_read.input_tokens", summary.CachedInputTokens)
            .SetTag("gen_ai.response.finish_reasons", summary.FinishReason == GenerationFinishReason.Stop ? "stop" : "length");
    }

    /// <summary>Records a failed or cancelled generation.</summary>
    public void RecordFailure(TimeSpan duration, Exception error, Activity? activity)
    {
        var type = new KeyValuePair<string, object?>("error.type", error.GetType().FullName);
        _duration.Record(duration.TotalSeconds, _model, _provider, type);
        activity?.SetTag(type.Key, type.Value).SetStatus(ActivityStatusCode.Error);
    }

    public void Dispose()
    {
        if (_ownsMeter) _meter.Dispose();
    }

    private Histogram<double> Histogram(string name, string description, double[] buckets) =>
        _meter.CreateHistogram(name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}
