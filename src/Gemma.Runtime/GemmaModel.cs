using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Reading;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime;

/// <summary>A loaded model: package, tokenizer, engine and the thread that serves all requests.</summary>
/// <remarks>Safe for concurrent use. Whoever loads it disposes it, after the clients that use it; requests that still run end with an error.</remarks>
public sealed partial class GemmaModel : IGemmaModelSource, IDisposable, IAsyncDisposable
{
    private readonly InferenceScheduler _scheduler;
    private readonly TimeProvider _time;

    private GemmaModel(ModelPackage package, GemmaModelOptions options, IInferenceEngine engine, InferenceScheduler scheduler, TimeProvider time)
    {
        Package = package;
        ModelId = options.ModelId ?? Path.GetFileName(package.Folder);
        Engine = engine.Info;
        Constraints = new ConstraintFactory(() => new TokenizerBytes(Tokenizer ?? throw new NotSupportedException($"'{ModelId}' has no tokenizer files: its output cannot follow a grammar.")));
        ContextLength = engine.Info.ContextLength;
        _scheduler = scheduler;
        _time = time;
        Reader = new HiddenStateReader(scheduler, engine.Info);
        Instruments = new ModelInstruments(ModelId, options.MeterFactory, scheduler, () => engine.CacheBytes);
    }

    /// <inheritdoc/>
    public string ModelId { get; }

    /// <summary>The opened package.</summary>
    public ModelPackage Package { get; }

    /// <summary>The tokenizer, or null for a package without tokenizer files: it takes and gives ids only.</summary>
    public GemmaTokenizer? Tokenizer { get; private init; }

    /// <summary>How conversations become prompts, or null without a tokenizer.</summary>
    public IChatTemplate? ChatTemplate { get; private init; }

    /// <summary>The checkpoint's <c>generation_config.json</c>; requests override it.</summary>
    public required GenerationConfig GenerationDefaults { get; init; }

    /// <summary>The most tokens of a conversation.</summary>
    public int ContextLength { get; }

    /// <summary>Requests that wait.</summary>
    public int QueueLength => _scheduler.QueueLength;

    /// <summary>Requests that run.</summary>
    public int ActiveRequests => _scheduler.ActiveRequests;

    /// <summary>"onnxruntime" or "onnxruntime-genai".</summary>
    public string EngineName => Engine.Name;

    /// <summary>"cpu" or "cuda".</summary>
    public string DeviceName => Engine.Device;

    internal EngineInfo Engine { get; }

    internal ConstraintFactory Constraints { get; }

    internal InferenceScheduler Scheduler => _scheduler;

    internal ModelInstruments Instruments { get; }

    /// <summary>Reads texts for classification and embeddings.</summary>
    internal HiddenStateReader Reader { get; }

    /// <summary>Opens a model package.</summary>
    /// <param name="folder">The package; a checkpoint has to be converted first.</param>
    /// <param name="options">How to open it, or null for the defaults.</param>
    /// <param name="loggerFactory">Receives what is worth knowing.</param>
    /// <param name="timeProvider">The clock, or null for the system's.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="InvalidModelException">The package or its tokenizer is missing, malformed or changed.</exception>
    /// <exception cref="EngineException">The native library or the device is missing, or cannot open the graph.</exception>
    public static Task<GemmaModel> LoadAsync(string folder, GemmaModelOptions? options = null, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new GemmaModelOptions();
        options.Validate();

        // Opening a graph takes seconds of computing, which is not the caller's thread's business.
        return Task.Run(() => LoadCoreAsync(folder, options, loggerFactory?.CreateLogger("Gemma.Runtime.Engines") ?? NullLogger.Instance, timeProvider ?? TimeProvider.System, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    GemmaModel IGemmaModelSource.Loaded => this;

    /// <inheritdoc/>
    ValueTask<GemmaModel> IGemmaModelSource.GetModelAsync(CancellationToken cancellationToken) => ValueTask.FromResult(this);

    /// <summary>Continues a prompt of token ids. The prompt is used as it is: no token is added in front.</summary>
    /// <param name="prompt">The ids, each inside the vocabulary.</param>
    /// <param name="request">How to choose tokens and when to stop, or null for the model's defaults.</param>
    /// <param name="cancellationToken">Ends the generation, also in the middle of a long prompt.</param>
    /// <returns>One update per token, and a last one with the summary. Leaving the loop early ends the generation.</returns>
    /// <exception cref="GemmaContextLengthException">Prompt and requested tokens do not fit the context.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait.</exception>
    public IAsyncEnumerable<GenerationUpdate> GenerateAsync(ReadOnlyMemory<int> prompt, GenerationRequest? request = null, CancellationToken cancellationToken = default)
    {
        request ??= new GenerationRequest();
        var plan = GenerationPlan.Create(this, prompt, request, _time);
        return plan.RunAsync(_scheduler, cancellationToken);
    }

    /// <summary>Stops all requests and frees the model.</summary>
    public void Dispose()
    {
        _scheduler.Dispose();
        Instruments.Dispose();
    }

    /// <summary>Stops all requests and frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await _scheduler.DisposeAsync().ConfigureAwait(false);
        Instruments.Dispose();
    }

    private static async Task<GemmaModel> LoadCoreAsync(string folder, GemmaModelOptions options, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        using var activity = ModelInstruments.StartLoad(options.ModelId ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)));
        var package = await ModelPackage.OpenAsync(folder, options.VerifyFiles, cancellationToken).ConfigureAwait(false);
        var tokenizer = GemmaTokenizer.Exists(package.Folder) ? GemmaTokenizer.Load(package.Folder) : null;
        tokenizer?.EnsureFits(package.VocabSize);
        var template = options.ChatTemplate ?? (tokenizer is null ? null : ChatTemplates.Load(package.Folder, tokenizer));
        var generationConfig = Path.Combine(package.Folder, "generation_config.json");
        var defaults = File.Exists(generationConfig) ? GenerationConfig.Load(generationConfig) : new GenerationConfig();

        cancellationToken.ThrowIfCancellationRequested();
        var engineOptions = new EngineOptions
        {
            Engine = options.Engine,
            Device = options.Device,
            DeviceIndex = options.DeviceIndex,
            ProviderOptions = options.ProviderOptions,
            GenAIFolder = options.GenAIFolder,
            Sampler = options.Sampler,
            Threads = options.Threads,
            ContextLength = options.ContextLength ?? package.ContextLength,
            MaxSequences = options.MaxConcurrentRequests + options.MaxCachedConversations,
            CacheBytes = options.MaxCacheBytes,
            UsePrefillGraph = options.UsePrefillGraph,
            PrepackWeights = options.PrepackWeights,
            VerifyFiles = options.VerifyFiles,
            Logger = logger,
        };
        await EngineFactory.PrepareAsync(package, engineOptions, time, cancellationToken).ConfigureAwait(false);
        var engine = EngineFactory.Create(package, engineOptions);
        var scheduler = new InferenceScheduler(engine, new SchedulerOptions
        {
            MaxConcurrentRequests = options.MaxConcurrentRequests,
            MaxQueueLength = options.MaxQueueLength,
            MaxCachedSequences = options.MaxCachedConversations,
            PromptLookup = options.PromptLookup,
            TimeProvider = time,
        });
        try
        {
            return new GemmaModel(package, options, engine, scheduler, time) { Tokenizer = tokenizer, ChatTemplate = template, GenerationDefaults = defaults };
        }
        catch
        {
            // The scheduler's thread runs already, and holds the engine.
            await scheduler.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
