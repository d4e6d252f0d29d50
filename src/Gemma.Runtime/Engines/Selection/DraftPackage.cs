using Gemma.Runtime.Models;
using Gemma.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Runtime.Engines.Selection;

/// <summary>The package of a smaller model that guesses tokens for a larger one.</summary>
/// <param name="package">The smaller model.</param>
/// <param name="target">The larger one.</param>
internal sealed partial class DraftPackage(ModelPackage package, ModelPackage target)
{
    // The part of the machine's memory that caches get where no budget is given, as for a model alone.
    private const int DefaultShare = 4;
    private const long FewWeights = 32L << 20;

    /// <summary>Opens the package.</summary>
    /// <exception cref="InvalidModelException">The package is missing or malformed, or its vocabulary is another one.</exception>
    public static async Task<DraftPackage> OpenAsync(string folder, ModelPackage target, GemmaTokenizer? tokenizer, bool verify,
        CancellationToken cancellationToken)
    {
        var package = await ModelPackage.OpenAsync(folder, verify, cancellationToken).ConfigureAwait(false);
        if (package.Config is { HasLmHead: false })
            throw new InvalidModelException(package.Folder, null, "it has no language-model head, so it cannot draft; give a generator");
        EnsureSameVocabulary(package, target, tokenizer);
        return new DraftPackage(package, target);
    }

    /// <summary>Divides the memory of keys and values by what a token takes in each model.</summary>
    /// <param name="options">Both models'.</param>
    /// <param name="sequences">The most sequences of each.</param>
    /// <param name="available">The memory that the process may use, in bytes.</param>
    /// <returns>Each model's options.</returns>
    public (EngineOptions Target, EngineOptions Draft) Divide(EngineOptions options, int sequences, long available)
    {
        var draft = OptionsOf(package, options);
        var (large, small) = (Caches(target, options, sequences), Caches(package, options, sequences));
        var isUnlimited = EngineSelection.Resolve(options, NullLogger.Instance).Engine == GemmaEngine.GenAI || large + small <= available / DefaultShare;
        if (options.MaxCacheBytes is null && isUnlimited) return (options, draft);
        var budget = options.MaxCacheBytes ?? Math.Max((large + small) / sequences, available / DefaultShare);
        var share = (long)((double)budget * small / (large + small));
        return (options with { MaxCacheBytes = budget - share }, draft with { MaxCacheBytes = share });
    }

    /// <summary>What a draft model's engine gets of both models' options.</summary>
    public static EngineOptions OptionsOf(ModelPackage package, EngineOptions options)
    {
        // The larger model's threads wait for work on the other processors for a while, and a pass over few weights ends sooner than it is divided.
        var isSmall = MemoryEstimate.For(package, options.ContextLength, 1).WeightBytes < FewWeights;
        return options with
        {
            Threads = options.Threads == 0 && isSmall ? 1 : options.Threads,
            UsePrefillGraph = options.UsePrefillGraph && package.PrefillModelPath is not null,
        };
    }

    /// <summary>Opens the engine.</summary>
    /// <exception cref="EngineException">The graph cannot be opened.</exception>
    public async Task<IInferenceEngine> OpenEngineAsync(EngineOptions options, int sequences, ILogger logger, TimeProvider time,
        CancellationToken cancellationToken)
    {
        await EngineFactory.PrepareAsync(package, options, logger, time, cancellationToken).ConfigureAwait(false);
        var engine = EngineFactory.Create(package, options, sequences, logger);
        var memory = MemoryEstimate.For(package, options.ContextLength, sequences, options.UsePrefillGraph);
        LogDrafts(logger, package.Folder, target.Folder, memory.WeightBytes, engine.MaxCacheBytes);
        return engine;
    }

    /// <summary>Checks that an engine can check guesses.</summary>
    /// <exception cref="EngineException">It gives the logits of a pass's last token only.</exception>
    public void EnsureChecks(EngineInfo engine)
    {
        if (engine.ComputesRowsTogether && engine.MaxLogitsToKeep > 1) return;
        throw new EngineException(
            $"The graph of {target.Folder} gives the scores of a pass's last token only, so it cannot check what {package.Folder} drafts; convert the "
                + "checkpoint with this library and use the engine OnnxRuntime, or take DraftModelPath away.");
    }

    private static long Caches(ModelPackage package, EngineOptions options, int sequences) =>
        MemoryEstimate.For(package, options.ContextLength, sequences).KeyValueCacheBytes;

    // One may have tokens behind the other's, for images and the like.
    private static void EnsureSameVocabulary(ModelPackage package, ModelPackage target, GemmaTokenizer? tokenizer)
    {
        var own = GemmaTokenizer.Exists(package.Folder) ? GemmaTokenizer.Load(package.Folder) : null;
        if (own is null || tokenizer is null)
        {
            if (package.VocabSize == target.VocabSize) return;
            throw Different(package, target, $"its vocabulary has {package.VocabSize} tokens, that of {target.Folder} {target.VocabSize}");
        }

        for (var id = 0; id < Math.Min(own.VocabularySize, tokenizer.VocabularySize); id++)
        {
            if (own.GetPiece(id) != tokenizer.GetPiece(id))
                throw Different(package, target, $"its token {id} is '{own.GetPiece(id)}', that of {target.Folder} is '{tokenizer.GetPiece(id)}'");
        }
    }

    private static InvalidModelException Different(ModelPackage package, ModelPackage target, string difference) =>
        new(package.Folder, null, $"{difference}: give a draft model with the vocabulary of {Path.GetFileName(target.Folder)}, or none");

    [LoggerMessage(3, LogLevel.Information, "{Draft} drafts for {Package}: {WeightBytes} bytes of weights, and caches of at most {CacheBytes} bytes")]
    private static partial void LogDrafts(ILogger logger, string draft, string package, long weightBytes, long cacheBytes);
}
