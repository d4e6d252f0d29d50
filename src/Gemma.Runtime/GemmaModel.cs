using Gemma.Runtime.Diagnostics;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Engines.Selection;
using Gemma.Runtime.Generation;
using Gemma.Runtime.Generation.Constraints;
using Gemma.Runtime.Generation.Constraints.Tokens;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime;

/// <summary>A loaded model: package, tokenizer, engine and the thread that serves all requests.</summary>
/// <remarks>Safe for concurrent use. Whoever loads it disposes it, after the clients that use it; requests that still run end with an error.</remarks>
public sealed partial class GemmaModel : IGemmaModelSource, IDisposable, IAsyncDisposable
{
    /// <summary>What metadata calls whoever computes.</summary>
    internal const string ProviderName = "gemma";

    private readonly InferenceScheduler _scheduler;
    private readonly ModelInstruments _instruments;

    private GemmaModel(ModelPackage package, GemmaModelOptions options, IToolFormat toolFormat, ReplyMarks marks, EngineInfo engine,
        InferenceScheduler scheduler, ModelInstruments instruments, TimeProvider time)
    {
        Package = package;
        ModelId = options.ModelId ?? Path.GetFileName(package.Folder);
        Engine = engine;
        (ToolFormat, ReplyMarks) = (toolFormat, marks);
        Constraints = new ConstraintFactory(() =>
            new TokenizerBytes(Tokenizer
                ?? throw new NotSupportedException($"'{ModelId}' has no tokenizer files: its output cannot follow a grammar."), ReplyMarks.Tokens))
        {
            Form = toolFormat.Form,
            Thoughts = marks.Thoughts,
        };
        ContextLength = engine.ContextLength;
        _scheduler = scheduler;
        _instruments = instruments;
        Gate = new RequestGate(scheduler, instruments, time, options.MaxQueueWait);
    }

    /// <inheritdoc/>
    public string ModelId { get; }

    /// <summary>The opened package.</summary>
    public ModelPackage Package { get; }

    /// <summary>The tokenizer, or null for a package without tokenizer files: it takes and gives ids only.</summary>
    public GemmaTokenizer? Tokenizer { get; private init; }

    /// <summary>How conversations become prompts; null for a model without tokenizer, or without template and turn tokens.</summary>
    public IChatTemplate? ChatTemplate { get; private init; }

    /// <summary>What happens to contents that the model cannot read.</summary>
    internal UnreadableContentHandling UnreadableContent { get; private init; }
    /// <summary>How the model is told of functions, and how it writes calls.</summary>
    internal IToolFormat ToolFormat { get; }

    /// <summary>The marks by which replies show calls and thoughts.</summary>
    internal ReplyMarks ReplyMarks { get; }

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

    /// <summary>The way in for requests.</summary>
    internal RequestGate Gate { get; }

    /// <summary>Opens a model package.</summary>
    /// <param name="folder">The package; a checkpoint has to be converted first.</param>
    /// <param name="options">How to open it, or null for the defaults.</param>
    /// <param name="loggerFactory">Receives what is worth knowing.</param>
    /// <param name="timeProvider">The clock, or null for the system's.</param>
    /// <param name="cancellationToken">Stops the loading.</param>
    /// <exception cref="InvalidModelException">The package or its tokenizer is missing, malformed or changed.</exception>
    /// <exception cref="EngineException">
    /// The native library or the device is missing, or cannot open the graph; or the graph cannot check what a draft model guesses.
    /// </exception>
    public static Task<GemmaModel> LoadAsync(string folder, GemmaModelOptions? options = null, ILoggerFactory? loggerFactory = null,
        TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options = (options ?? new GemmaModelOptions()).CheckedCopy();

        // Opening a graph takes seconds of computing, which is not the caller's thread's business.
        return Task.Run(() =>
            LoadCoreAsync(folder, options, loggerFactory ?? NullLoggerFactory.Instance, timeProvider ?? TimeProvider.System, cancellationToken),
            cancellationToken);
    }

    /// <inheritdoc/>
    GemmaModel IGemmaModelSource.Loaded => this;

    /// <inheritdoc/>
    ValueTask<GemmaModel> IGemmaModelSource.GetModelAsync(CancellationToken cancellationToken) => ValueTask.FromResult(this);

    /// <summary>
    /// Continues a prompt of token ids. The prompt is used as it is: no token is added in front. It ends at the model's stop tokens, the end of a turn
    /// included, and without a length of the request's or the model's own it may fill the context.
    /// </summary>
    /// <param name="prompt">The ids, each inside the vocabulary.</param>
    /// <param name="request">How to choose tokens and when to stop, or null for the model's defaults.</param>
    /// <param name="cancellationToken">Ends the generation, also in the middle of a long prompt.</param>
    /// <returns>
    /// One update per token, and one with the summary at the end of each sequence. Leaving the loop early ends the generation. Several sequences come
    /// interleaved over one computed prompt;
    /// those of a beam search come when it is over.
    /// </returns>
    /// <exception cref="InvalidGenerationConfigException">An option is out of range.</exception>
    /// <exception cref="GemmaContextLengthException">Prompt and requested tokens do not fit the context.</exception>
    /// <exception cref="GemmaOverloadedException">Too many requests wait.</exception>
    public IAsyncEnumerable<GenerationUpdate> GenerateAsync(ReadOnlyMemory<int> prompt, GenerationRequest? request = null,
        CancellationToken cancellationToken = default) =>
        Run(prompt, GenerationDefaults with { EosTokenId = Package.EosTokenIds }, request, fillsContext: true).StreamAsync(cancellationToken);

    /// <summary>Stops all requests and frees the model.</summary>
    public void Dispose()
    {
        _scheduler.Dispose();
        _instruments.Dispose();
    }

    /// <summary>Stops all requests and frees the model.</summary>
    public async ValueTask DisposeAsync()
    {
        await _scheduler.DisposeAsync().ConfigureAwait(false);
        _instruments.Dispose();
    }

    private static async Task<GemmaModel> LoadCoreAsync(string folder, GemmaModelOptions options, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var name = options.ModelId ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        using var activity = ModelInstruments.StartLoad(name);
        var steps = new LoadSteps(name, options.LoadProgress, loggers.CreateLogger("Gemma.Runtime.Loading"), time);
        steps.Begin(GemmaLoadStage.Package);
        var package = await ModelPackage.OpenAsync(folder, options.Engine.VerifyFiles, cancellationToken).ConfigureAwait(false);
        var tokenizer = GemmaTokenizer.Exists(package.Folder) ? GemmaTokenizer.Load(package.Folder) : null;
        tokenizer?.EnsureFits(package.VocabSize);
        var template = options.ChatTemplate
            ?? (tokenizer is null
                ? null
                : options.ChatTemplateSource is { } source
                    ? ChatTemplates.FromOption(source, package.Folder, tokenizer)
                    : ChatTemplates.Load(package.Folder, tokenizer));
        var parsed = ToolFormats.Parsed(template);
        var marks = tokenizer is null ? ReplyMarks.Text : ReplyMarks.Create(tokenizer, parsed);
        var toolFormat = ToolFormats.Choose(options.ToolFormat, parsed, marks);
        var generationConfig = Path.Combine(package.Folder, "generation_config.json");
        var defaults = File.Exists(generationConfig) ? GenerationConfig.Load(generationConfig) : new GenerationConfig();

        cancellationToken.ThrowIfCancellationRequested();
        var logger = loggers.CreateLogger("Gemma.Runtime.Engines");
        var engineOptions = options.Engine with { ContextLength = options.Engine.ContextLength ?? package.ContextLength };
        var drafts = options.DraftModelPath is { } draftFolder
            ? await DraftPackage.OpenAsync(draftFolder, package, tokenizer, options.Engine.VerifyFiles, cancellationToken).ConfigureAwait(false)
            : null;
        var sequences = options.MaxConcurrentRequests + options.MaxCachedConversations;
        var draftOptions = engineOptions;
        if (drafts is not null)
            (engineOptions, draftOptions) = drafts.Divide(engineOptions, sequences, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        steps.Begin(GemmaLoadStage.Weights);
        await EngineFactory.PrepareAsync(package, engineOptions, logger, time, cancellationToken).ConfigureAwait(false);
        var instruments = new ModelInstruments(options.ModelId ?? Path.GetFileName(package.Folder), options.MeterFactory);
        IInferenceEngine? engine = null, draft = null;
        InferenceScheduler? scheduler = null;
        try
        {
            steps.Begin(GemmaLoadStage.Graph);
            engine = EngineFactory.Create(package, engineOptions, sequences, logger);
            if (drafts is not null)
            {
                drafts.EnsureChecks(engine.Info);
                steps.Begin(GemmaLoadStage.DraftGraph);
                draft = await drafts.OpenEngineAsync(draftOptions, sequences, logger, time, cancellationToken).ConfigureAwait(false);
            }

            scheduler = new InferenceScheduler(engine, SchedulerOptions(options, time), loggers.CreateLogger("Gemma.Runtime.Generation"), draft);
            instruments.Observe(
                () => scheduler.QueueLength,
                () => scheduler.ActiveRequests,
                () => scheduler.BatchRows,
                () => (scheduler.CacheBytes, scheduler.MaxCacheBytes),
                scheduler.Statistics);
            steps.Begin(GemmaLoadStage.Ready);
            return new GemmaModel(package, options, toolFormat, marks, engine.Info, scheduler, instruments, time)
            {
                Tokenizer = tokenizer,
                ChatTemplate = template,
                UnreadableContent = options.UnreadableContent,
                GenerationDefaults = defaults,
            };
        }
        catch
        {
            // The scheduler's thread holds the engine.
            if (scheduler is not null)
            {
                await scheduler.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                draft?.Dispose();
                engine?.Dispose();
            }

            instruments.Dispose();
            throw;
        }
    }

    private static SchedulerOptions SchedulerOptions(GemmaModelOptions options, TimeProvider time) => new()
    {
        MaxConcurrentRequests = options.MaxConcurrentRequests,
        MaxQueueLength = options.MaxQueueLength,
        MaxCachedSequences = options.MaxCachedConversations,
        PromptLookup = options.PromptLookup,
        TimeProvider = time,
    };
}
