using System.Diagnostics.Metrics;
using Gemma.Conversion;
using Gemma.Conversion.Packaging;
using Gemma.Runtime;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Inputs;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.SemanticKernel.Hosting;

/// <summary>
/// Owns one model of the application: loads it at the first use, for all waiters together, and frees it at the end. A failed load is reported to every waiter
/// and may be tried again.
/// </summary>
internal sealed partial class GemmaModelHolder : IGemmaModelSource, IDisposable, IAsyncDisposable
{
    private readonly GemmaOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly IMeterFactory? _meters;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly ITimer? _idleTimer;
    private Task<GemmaModel>? _loading;
    private int _leases;
    private long _lastUse;
    private bool _disposed;

    public GemmaModelHolder(GemmaOptions options, ILoggerFactory loggers, TimeProvider time, IMeterFactory? meters)
    {
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger("Gemma.SemanticKernel.GemmaModel");
        _time = time;
        _meters = meters;
        ModelId = options.ModelId
            ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(
                Path.GetFullPath(ModelLocation.HubName(options)?.Repository ?? options.ModelPath)));
        HiddenSize = ReadHiddenSize(options.ModelPath);
        if (options.UnloadAfter is { } idle) _idleTimer = time.CreateTimer(_ => UnloadIfIdle(idle), null, idle / 2, idle / 2);
    }

    public string ModelId { get; }

    public int? HiddenSize { get; }

    public GemmaOptions Options => _options;

    /// <summary>The model if it is loaded, or null.</summary>
    public GemmaModel? Loaded => _loading is { IsCompletedSuccessfully: true } loading ? loading.Result : null;

    /// <summary>Why the last load failed, or null.</summary>
    public Exception? LastError { get; private set; }

    /// <summary>What a request gets that does not say otherwise.</summary>
    public GenerationRequest RequestDefaults() => new()
    {
        Config = new GenerationConfig
        {
            DoSample = _options.Generation.Temperature is { } temperature ? temperature > 0 : null,
            Temperature = _options.Generation.Temperature is > 0 ? _options.Generation.Temperature : null,
            TopP = _options.Generation.TopP,
            TopK = _options.Generation.TopK,
            RepetitionPenalty = _options.Generation.RepetitionPenalty,
            MaxNewTokens = _options.Generation.MaxOutputTokens,
        },
    };

    /// <summary>Loads the model and runs one token through it, so that the first request finds everything in memory.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        using var lease = await AcquireAsync(cancellationToken).ConfigureAwait(false);
        var model = lease.Model;
        int[] ids = [model.Package.Config?.BosTokenId ?? 2];
        if (model.Engine.VocabularySize > 0)
        {
            await model.GenerateSequencesAsync(ids, new GenerationRequest { Config = new GenerationConfig { MaxNewTokens = 1 } }, cancellationToken)
                .ConfigureAwait(false);
            return;
        }

        // Without lm_head it reads only.
        using var reader = new GemmaEmbeddingGenerator(model);
        var text = new[] { ClassificationInput.FromTokens(ids) }.ToAsyncEnumerable();
        await foreach (var _ in reader.ReadAsync(text, null, cancellationToken).ConfigureAwait(false))
        {
        }
    }

    public ValueTask<GemmaModel> GetModelAsync(CancellationToken cancellationToken = default)
    {
        Task<GemmaModel> loading;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _lastUse = _time.GetTimestamp();
            if (_loading is null || _loading.IsFaulted || _loading.IsCanceled) _loading = LoadAsync();
            loading = _loading;
        }

        return loading.IsCompletedSuccessfully ? new ValueTask<GemmaModel>(loading.Result) : new ValueTask<GemmaModel>(loading.WaitAsync(cancellationToken));
    }

    public async ValueTask<GemmaModelLease> AcquireAsync(CancellationToken cancellationToken = default)
    {
        // Counted before the model is there, so that it cannot go again between its load and its first use.
        lock (_lock) _leases++;
        try
        {
            return new GemmaModelLease(await GetModelAsync(cancellationToken).ConfigureAwait(false), Release);
        }
        catch
        {
            Release();
            throw;
        }
    }

    public void Dispose()
    {
        if (Close() is not { } loading) return;

        // A load that is still running has been cancelled; should it succeed all the same, its model goes as soon as it is there.
        if (loading.IsCompletedSuccessfully) loading.Result.Dispose();
        else
        {
            _ = loading.ContinueWith(static late => late.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion,
                TaskScheduler.Default);
        }
        _stopping.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (Close() is not { } loading) return;
        await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loading.IsCompletedSuccessfully) await (await loading.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
    }

    // What cannot be read now is told by the load.
    private static int? ReadHiddenSize(string modelPath)
    {
        var config = Path.Combine(modelPath, "config.json");
        if (!File.Exists(config)) return null;
        try
        {
            return GemmaConfig.Load(config).HiddenSize;
        }
        catch (Exception e) when (e is GemmaException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Release()
    {
        lock (_lock)
        {
            _leases--;
            _lastUse = _time.GetTimestamp();
        }
    }

    // Requests hold leases; whoever took the model without one is known by what it runs.
    private void UnloadIfIdle(TimeSpan idle)
    {
        GemmaModel model;
        lock (_lock)
        {
            if (_disposed || Loaded is not { } loaded) return;
            if (_leases > 0 || loaded.ActiveRequests > 0 || loaded.QueueLength > 0) _lastUse = _time.GetTimestamp();
            if (_time.GetElapsedTime(_lastUse) < idle) return;
            (model, _loading) = (loaded, null);
        }

        model.Dispose();
        LogUnloaded(ModelId, idle);
    }

    private Task<GemmaModel>? Close()
    {
        lock (_lock)
        {
            if (_disposed) return null;
            _disposed = true;
        }

        _idleTimer?.Dispose();

        _stopping.Cancel();
        return _loading ?? Task.FromCanceled<GemmaModel>(_stopping.Token);
    }

    private async Task<GemmaModel> LoadAsync()
    {
        var started = _time.GetTimestamp();
        var token = _stopping.Token;
        try
        {
            var conversion = _options.Conversion.ToConversion(_options.Engine);
            var package = await PackageAsync(_options.ModelPath, _options.ModelRevision, conversion, token).ConfigureAwait(false);

            // What is added to the model is not meant for the one that drafts for it.
            var draft = _options.DraftModelPath is { } path
                ? await PackageAsync(path, null, conversion with { LoraPath = null, Heads = [], Prefill = null }, token).ConfigureAwait(false)
                : null;
            var model = await GemmaModel.LoadAsync(package, ModelOptions() with { DraftModelPath = draft }, _loggers, _time, token).ConfigureAwait(false);
            LastError = null;

            // A load can take longer than the model may idle.
            lock (_lock) _lastUse = _time.GetTimestamp();
            LogLoaded(ModelId, package, _time.GetElapsedTime(started).TotalMilliseconds);
            return model;
        }
        catch (OperationCanceledException e) when (token.IsCancellationRequested)
        {
            // No waiter asked for that: to them the model is gone.
            throw new ObjectDisposedException($"The model '{ModelId}' was disposed while it was being loaded.", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LastError = e;
            LogFailed(e, ModelId);
            throw;
        }
    }

    private Task<string> PackageAsync(string model, string? revision, ConversionOptions conversion, CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                var path = await new ModelLocation(model, revision, _options.Hub, _logger, _time).ResolveAsync(cancellationToken).ConfigureAwait(false);
                var cache = new PackageCache(_options.Conversion.CacheFolder, _logger, _time);
                return await cache.GetPackageAsync(path, conversion, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>How the model is opened.</summary>
    internal GemmaModelOptions ModelOptions() => new()
    {
        ModelId = ModelId,
        Engine = _options.Engine,
        MaxConcurrentRequests = _options.MaxConcurrentRequests,
        MaxQueueLength = _options.MaxQueueLength,
        MaxQueueWait = _options.MaxQueueWait,
        MaxCachedConversations = _options.MaxCachedConversations,
        PromptLookup = _options.PromptLookup,
        DraftModelPath = _options.DraftModelPath,
        ChatTemplate = _options.GetChatTemplate(),
        ChatTemplateSource = _options.ChatTemplate,
        UnreadableContent = _options.UnreadableContent,
        ToolFormat = _options.ToolFormat,
        MeterFactory = _meters,
    };

    [LoggerMessage(1, LogLevel.Information, "Loaded {ModelId} from {Package} in {ElapsedMs:F0} ms")]
    private partial void LogLoaded(string modelId, string package, double elapsedMs);

    [LoggerMessage(3, LogLevel.Information, "Unloaded {ModelId} after {Idle} without a request")]
    private partial void LogUnloaded(string modelId, TimeSpan idle);

    [LoggerMessage(2, LogLevel.Error, "Cannot load {ModelId}")]
    private partial void LogFailed(Exception error, string modelId);
}
