using Gemma.Conversion.Checkpoints.Gguf;
using Gemma.Conversion.Hub;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gemma.Conversion.Packaging;

/// <summary>Converts checkpoints once and keeps the packages in a folder, keyed by the checkpoint's content and the settings.</summary>
/// <remarks>Safe for concurrent use, also by several processes: one converts, the others wait for it.</remarks>
public sealed partial class PackageCache
{
    private const string LockSuffix = ".lock";

    private readonly string _folder;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    /// <summary>Creates a cache.</summary>
    /// <param name="folder">Where packages are kept, or null for <see cref="DefaultFolder"/>.</param>
    /// <param name="logger">Receives progress in steps of ten percent.</param>
    /// <param name="timeProvider">The clock, or null for the system's.</param>
    public PackageCache(string? folder = null, ILogger? logger = null, TimeProvider? timeProvider = null)
    {
        _folder = Path.GetFullPath(string.IsNullOrEmpty(folder) ? DefaultFolder : folder);
        _logger = logger ?? NullLogger.Instance;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>The user's cache folder for this library.</summary>
    public static string DefaultFolder =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "gemma",
            "packages");

    /// <summary>The package of a model folder: the folder itself if it is one, otherwise the checkpoint's conversion, made now if there is none yet.</summary>
    /// <param name="path">A model package, a checkpoint folder or a weight file.</param>
    /// <param name="options">What to make of a checkpoint, or null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting and converting.</param>
    /// <returns>The package's folder.</returns>
    /// <exception cref="InvalidModelException">The checkpoint is missing, malformed or not supported.</exception>
    public async Task<string> GetPackageAsync(string path, ConversionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(Path.Combine(path, "genai_config.json"))) return path;
        if (!Directory.Exists(path) && !File.Exists(path))
            throw new InvalidModelException(path, null, "there is no such folder or file; give a model package or a Hugging Face checkpoint");
        options = (options ?? new ConversionOptions()).For(GgufModel.IsGguf(path));
        var key = await PackageKey.ComputeAsync(path, options, cancellationToken).ConfigureAwait(false);
        var name = HubCache.NameOf(path) ?? (Directory.Exists(path) ? Path.GetFileName(path) : Path.GetFileNameWithoutExtension(path));
        var suffix = $"-{PrecisionTraits.Of(options.Precision!.Value).Name}-{key}";
        var package = Path.Combine(_folder, ShortName.Of(name, suffix.Length + LockSuffix.Length) + suffix);
        await EnsureConvertedAsync(path, package, options with { Prepack = false }, cancellationToken).ConfigureAwait(false);
        if (options.Prepack) await PackedPackage.SaveAsync(package, _logger, cancellationToken).ConfigureAwait(false);
        return package;
    }

    private async Task EnsureConvertedAsync(string path, string package, ConversionOptions options, CancellationToken cancellationToken)
    {
        if (IsComplete(package)) return;

        Directory.CreateDirectory(_folder);
        var lockFile = package + LockSuffix;
        using var guard = await FileLock.AcquireAsync(lockFile, () => LogWaiting(lockFile), _time, cancellationToken).ConfigureAwait(false);
        if (IsComplete(package)) return;
        LogConverting(path, package, options.Precision!.Value);
        await new CheckpointConverter(_logger).ConvertAsync(path, package, options with { Overwrite = true }, new ProgressLog(this), cancellationToken)
            .ConfigureAwait(false);
    }

    // The manifest is written last.
    private static bool IsComplete(string package) => File.Exists(Path.Combine(package, PackageManifest.FileName));

    [LoggerMessage(1, LogLevel.Information, "Converting {Checkpoint} to {Package} ({Precision}); this happens once")]
    private partial void LogConverting(string checkpoint, string package, ModelPrecision precision);

    [LoggerMessage(2, LogLevel.Information, "Waiting for another process that converts the same checkpoint ({Lock})")]
    private partial void LogWaiting(string @lock);

    [LoggerMessage(3, LogLevel.Information, "Converting: {Percent} %")]
    private partial void LogProgress(int percent);

    private sealed class ProgressLog(PackageCache cache) : IProgress<ConversionProgress>
    {
        private int _reported;

        public void Report(ConversionProgress value)
        {
            var step = value.BytesTotal == 0 ? 10 : (int)(value.BytesDone * 10 / value.BytesTotal);
            var last = Volatile.Read(ref _reported);
            if (step > last && Interlocked.CompareExchange(ref _reported, step, last) == last) cache.LogProgress(step * 10);
        }
    }
}
