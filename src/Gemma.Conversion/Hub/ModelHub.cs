using System.Diagnostics;
using Gemma.Runtime.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Conversion.Hub;

/// <summary>Models of the Hugging Face hub, in the cache that huggingface_hub, transformers and others share.</summary>
/// <remarks>Safe for concurrent use, also by several processes. A pull that was stopped, or whose process died, is continued by the next one.</remarks>
public sealed partial class ModelHub : IDisposable
{
    private const long MostBytes = 50_000_000_000;

    private static readonly ActivitySource Source = new(GemmaTelemetry.SourceName);

    private readonly HubSettings _settings;
    private readonly HubCache _cache;
    private readonly HubClient _client;
    private readonly HubListing _listing;
    private readonly HubDownload _download;
    private readonly ILogger _logger;

    /// <summary>Opens the cache; nothing is asked of the hub yet.</summary>
    /// <param name="options">Where to look, or null for the environment's settings.</param>
    /// <param name="logger">Receives what happens, or null.</param>
    /// <param name="timeProvider">The clock, or null for the system's.</param>
    /// <exception cref="ArgumentException">A setting makes no sense.</exception>
    public ModelHub(HubOptions? options = null, ILogger? logger = null, TimeProvider? timeProvider = null)
        : this(HubSettings.Resolve(options ?? new HubOptions(), Environment.GetEnvironmentVariable), logger, timeProvider)
    {
    }

    internal ModelHub(HubSettings settings, ILogger? logger = null, TimeProvider? timeProvider = null)
    {
        _settings = settings;
        _logger = logger ?? NullLogger.Instance;
        _cache = new HubCache(settings);
        _client = new HubClient(settings, _logger, timeProvider ?? TimeProvider.System);
        _listing = new HubListing(_client, settings, _logger);
        _download = new HubDownload(_client, _cache, settings, _logger);
    }

    /// <summary>The cache's folder.</summary>
    public string CacheFolder => _cache.Folder;

    /// <summary>Finds out what a pull would do: asks the hub for the revision and its files, and reads the index of the weights.</summary>
    /// <param name="name">The model.</param>
    /// <param name="include">Files to pull instead of those that a conversion needs, as patterns in which <c>*</c> stands for any characters and <c>?</c> for
    /// one; or null.</param>
    /// <param name="cancellationToken">Stops the requests.</param>
    /// <exception cref="HubException">The hub cannot be reached, does not have the model, or does not give it.</exception>
    public async Task<HubPlan> PlanAsync(HubModelName name, IReadOnlyList<string>? include = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        include ??= [];
        if (_settings.Offline) return Cached(name, include) ?? throw NotCached(name, "and no request is made (offline)");
        string commit;
        bool? gated = null;
        try
        {
            (commit, gated) = name.IsPinned ? (name.Revision!, null) : await _listing.ResolveAsync(name, cancellationToken).ConfigureAwait(false);
            var files = HubTree.Read(_cache.Tree(name.Repository, commit)) ?? await ListAsync(name, commit, cancellationToken).ConfigureAwait(false);
            var wanted = include.Count > 0
                ? HubFileSelection.Matching(files, include)
                : await ChooseAsync(name, commit, files, cancellationToken).ConfigureAwait(false);
            if (wanted.Count == 0)
            {
                throw new HubException(HubError.NotFound,
                    $"{name} has no file "
                        + $"that {(include.Count > 0 ? $"matches {string.Join(", ", include)}" : "a conversion needs (config.json, *.safetensors)")}; "
                        + $"see {_client.Page(name)}.");
            }
            if (include.Count == 0 && !HasWeights(wanted)) throw NoWeights(name, files);
            foreach (var file in wanted) CheckFile(file, name);
            return Plan(name, commit, wanted) with { IsGated = gated };
        }
        catch (HubException e) when (e.Error == HubError.Network && Cached(name, include) is { } cached)
        {
            LogCacheOnly(e.Message, name, cached.Commit);
            return cached;
        }
    }

    /// <summary>Downloads what the cache does not hold.</summary>
    /// <param name="name">The model.</param>
    /// <param name="include">Files to pull instead of those that a conversion needs, as patterns in which <c>*</c> stands for any characters and <c>?</c> for
    /// one; or null.</param>
    /// <param name="progress">Receives how far it is, from several threads, or null.</param>
    /// <param name="cancellationToken">Stops the download, which the next one continues.</param>
    /// <returns>The folder with the files: a snapshot of the cache.</returns>
    /// <exception cref="HubException">The hub cannot be reached, does not have the model, does not give it, or gives it damaged; or the disk is
    /// full.</exception>
    public async Task<string> PullAsync(HubModelName name, IReadOnlyList<string>? include = null, IProgress<HubProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        await PullAsync(await PlanAsync(name, include, cancellationToken).ConfigureAwait(false), progress, cancellationToken).ConfigureAwait(false);

    /// <summary>Carries out a plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Receives how far it is, from several threads, or null.</param>
    /// <param name="cancellationToken">Stops the download, which the next one continues.</param>
    /// <returns>The folder with the files: a snapshot of the cache.</returns>
    /// <exception cref="HubException">As <see cref="PullAsync(HubModelName, IReadOnlyList{string}?, IProgress{HubProgress}?, CancellationToken)"/>.</exception>
    public async Task<string> PullAsync(HubPlan plan, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var (name, commit, files, missing) = plan;
        var folder = _cache.Snapshot(name.Repository, commit);
        if (missing.Count == 0 && _cache.Commit(name) == commit) return folder;
        using var activity = Source.StartActivity("gemma.pull")?.SetTag("gen_ai.request.model", name.ToString())
            .SetTag("gemma.pull.bytes", plan.MissingBytes);
        try
        {
            _cache.Prepare(name.Repository);
            CheckSpace(plan);
            var meter = new HubMeter(plan, progress);

            // The first file alone: should access be refused, it is refused once.
            foreach (var file in missing.Take(1)) await LoadAsync(name, commit, file, meter, cancellationToken).ConfigureAwait(false);
            await Parallel.ForEachAsync(missing.Skip(1), new ParallelOptions
            {
                MaxDegreeOfParallelism = _settings.MaxParallelFiles,
                CancellationToken = cancellationToken,
            }, async (file, stopping) => await LoadAsync(name, commit, file, meter, stopping).ConfigureAwait(false)).ConfigureAwait(false);

            // The name comes last: whoever follows it finds everything.
            _cache.WriteReference(name, commit);
            return folder;
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", e.GetType().FullName);
            throw;
        }
    }

    /// <summary>The folder of a model that the cache holds whole, or null. Asks nothing of the hub and writes nothing.</summary>
    /// <param name="name">The model; without a commit the one of the last pull.</param>
    public string? Find(HubModelName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Cached(name, []) is { } plan ? _cache.Snapshot(name.Repository, plan.Commit) : null;
    }

    /// <summary>What the cache holds, also of others' pulls.</summary>
    public IReadOnlyList<HubSnapshot> List() => HubInventory.List(_cache, (name, commit) => Complete(name, commit, []) is not null);

    /// <summary>Deletes a revision of a model, and the content that no other revision shares.</summary>
    /// <param name="name">The model; without a revision all of it.</param>
    /// <returns>Bytes that are free now.</returns>
    /// <exception cref="HubException">The cache does not hold it.</exception>
    public long Remove(HubModelName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return HubInventory.Remove(_cache, name);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static HubException NotCached(HubModelName name, string reason) =>
        new(HubError.NotCached, $"The cache does not hold {name} whole, {reason}; run 'gemma pull {name}' where the hub can be reached.");

    private async Task<IReadOnlyList<HubFile>> ListAsync(HubModelName name, string commit, CancellationToken cancellationToken)
    {
        var files = await _listing.ListAsync(name, commit, cancellationToken).ConfigureAwait(false);
        try
        {
            _cache.Prepare(name.Repository);
            HubTree.Write(_cache.Tree(name.Repository, commit), files);
        }
        catch (HubException e) when (e.Error == HubError.NoSpace)
        {
            // A cache that cannot be written may hold the files all the same.
            LogReadOnly(e.Message);
        }

        return files;
    }

    // The index says which files hold the weights, so it is loaded first.
    private async Task<IReadOnlyList<HubFile>> ChooseAsync(HubModelName name, string commit, IReadOnlyList<HubFile> files, CancellationToken cancellationToken)
    {
        var index = HubFileSelection.WeightIndex(files);
        if (index is not null && !_cache.Has(name.Repository, commit, index))
        {
            _cache.Prepare(name.Repository);
            await LoadAsync(name, commit, index, null, cancellationToken).ConfigureAwait(false);
        }

        return Choose(name.Repository, commit, files, index);
    }

    private IReadOnlyList<HubFile> Choose(string repository, string commit, IReadOnlyList<HubFile> files, HubFile? index)
    {
        var shards = index is null ? null : HubFileSelection.Shards(HubPath.Combine(_cache.Snapshot(repository, commit), index.Path));
        return [.. HubFileSelection.Settings(files), .. index is null ? (HubFile[])[] : [index], .. HubFileSelection.Weights(files, index, shards)];
    }

    private async Task LoadAsync(HubModelName name, string commit, HubFile file, HubMeter? meter, CancellationToken cancellationToken)
    {
        var isNew = await _download.RunAsync(name, commit, file, bytes => meter?.Report(file, bytes), cancellationToken).ConfigureAwait(false);
        if (!_cache.Has(name.Repository, commit, file)) _cache.Link(name.Repository, commit, file, isNew);
        meter?.Report(file, file.Bytes);
    }

    private HubPlan Plan(HubModelName name, string commit, IReadOnlyList<HubFile> files) =>
        new(name, commit, files, [.. files.Where(file => !_cache.Has(name.Repository, commit, file))]) { Page = _client.Page(name) };

    private HubPlan? Cached(HubModelName name, IReadOnlyList<string> include) =>
        _cache.Commit(name) is { } commit && Complete(name.Repository, commit, include) is { } files
            ? new HubPlan(name, commit, files, []) { Page = _client.Page(name) }
            : null;

    // Without a listing, as older programs leave it, what is there counts as all there is.
    private IReadOnlyList<HubFile>? Complete(string repository, string commit, IReadOnlyList<string> include)
    {
        var folder = _cache.Snapshot(repository, commit);
        if (!Directory.Exists(folder)) return null;
        var files = HubTree.Read(_cache.Tree(repository, commit)) ?? HubInventory.Files(folder);
        if (include.Count > 0)
        {
            return HubFileSelection.Matching(files, include) is { Count: > 0 } matches && matches.All(file => _cache.Has(repository, commit, file))
                ? matches
                : null;
        }
        var index = HubFileSelection.WeightIndex(files);
        if (index is not null && !_cache.Has(repository, commit, index)) return null;
        try
        {
            IReadOnlyList<HubFile> wanted = [.. Choose(repository, commit, files, index)
                .Where(file => !HubFileSelection.IsExtra(file) || _cache.Has(repository, commit, file))];
            return wanted.Count > 0 && wanted.All(file => _cache.Has(repository, commit, file)) && HasWeights(wanted) ? wanted : null;
        }
        catch (HubException e) when (e.Error == HubError.NotFound)
        {
            return null;
        }
    }

    // What is no conversion's choice may be the caller's.
    private static HubException NoWeights(HubModelName name, IReadOnlyList<HubFile> files)
    {
        string[] others = [.. files.Select(file => file.Path).Where(path => Path.GetExtension(path) is ".gguf" or ".safetensors" or ".bin").Take(3)];
        return new HubException(HubError.NotFound, $"{name} has no weights that a conversion needs (*.safetensors, pytorch_model*.bin, flax_model*.msgpack, "
            + $"*.ckpt){(others.Length > 0 ? $", but {string.Join(", ", others)}" : string.Empty)}; name the files to pull with --include.");
    }

    private static bool HasWeights(IReadOnlyList<HubFile> files) =>
        files.Any(file => Path.GetExtension(file.Path) is ".safetensors" or ".bin" or ".msgpack" or ".ckpt");

    private static void CheckFile(HubFile file, HubModelName name)
    {
        HubPath.Check(file.Path, name.ToString());
        if (file.Bytes > MostBytes)
        {
            throw new HubException(HubError.Protocol,
                $"{file.Path} has {file.Bytes / 1_000_000_000} GB; the hub gives files above 50 GB to clients of its chunk store only. Load it with 'hf "
                    + $"download {name.Repository}' into the same cache.");
        }
    }

    private void CheckSpace(HubPlan plan)
    {
        var needed = plan.MissingBytes + plan.ReservedBytes;
        if (_cache.FreeBytes() is var free && free < needed)
        {
            throw new HubException(HubError.NoSpace,
                $"{plan.Name} needs {Gigabytes(needed)}, and {_cache.Folder} has {Gigabytes(free)} free; make room, or set HF_HUB_CACHE to another disk.");
        }
    }

    private static string Gigabytes(long bytes) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB");

    [LoggerMessage(2, LogLevel.Debug, "{Problem}")]
    private partial void LogReadOnly(string problem);

    [LoggerMessage(1, LogLevel.Warning, "{Problem} The cache's copy of {Name} is used ({Commit})")]
    private partial void LogCacheOnly(string problem, HubModelName name, string commit);
}
