using System.Text.RegularExpressions;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Packaging;

/// <summary>
/// A package while it is written: a folder beside its target, and a lock that its process holds as long as it lives. What a killed process leaves has a free
/// lock, so that the next conversion to the same target can tell it from another one that runs.
/// </summary>
internal sealed partial class StagedPackage : IDisposable
{
    private const string NewSuffix = ".tmp";
    private const string OldSuffix = ".old";
    private const string LockSuffix = ".lock";

    private readonly string _target;
    private readonly string _old;
    private readonly FileStream _lock;

    private StagedPackage(string target, string stem, FileStream @lock)
    {
        _target = target;
        _old = stem + OldSuffix;
        _lock = @lock;
        Folder = stem + NewSuffix;
    }

    /// <summary>The folder to write to.</summary>
    public string Folder { get; }

    /// <summary>Makes an empty folder beside a target.</summary>
    /// <exception cref="IOException">The target's parent cannot be written.</exception>
    public static async Task<StagedPackage> CreateAsync(string target, CancellationToken cancellationToken)
    {
        var parent = Path.GetDirectoryName(target) ?? throw new IOException($"{target} is a whole drive; choose a folder for the package.");
        Directory.CreateDirectory(parent);
        while (true)
        {
            var stem = Path.Combine(parent, $"{StemOf(target)}{Guid.NewGuid():N}");
            var guard = await FileLock.AcquireAsync(stem + LockSuffix, () => { }, TimeProvider.System, cancellationToken, FileOptions.DeleteOnClose)
                .ConfigureAwait(false);
            if (!File.Exists(guard.Name))
            {
                // Another conversion saw the file before it was locked, and took it for a leftover.
                await guard.DisposeAsync().ConfigureAwait(false);
                continue;
            }

            var staged = new StagedPackage(target, stem, guard);
            Directory.CreateDirectory(staged.Folder);
            return staged;
        }
    }

    /// <summary>
    /// Puts the folder in the place of the target, and removes what was there. A process that is killed meanwhile leaves the old package or the new one, whole.
    /// </summary>
    public void Publish()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }

        if (IsEmpty(_target)) Directory.Delete(_target);
        if (!Directory.Exists(_target)) Directory.Move(Folder, _target);
        else if (!FolderExchange.TrySwap(Folder, _target)) Replace();
        Remove(_old);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Remove(Folder);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    /// <summary>Removes what killed conversions to a target left, and puts an old package back that one had set aside.</summary>
    public static void RemoveLeftovers(string target, ILogger logger)
    {
        if (Path.GetDirectoryName(target) is not { } parent || !Directory.Exists(parent)) return;
        var prefix = StemOf(target);
        var stems = Directory.EnumerateFileSystemEntries(parent).Select(path => Path.GetFileName(path))
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => Leftover().Match(name, prefix.Length)).Where(match => match.Success);
        foreach (var stem in stems.Select(match => Path.Combine(parent, prefix + match.Groups[1].Value)).Distinct().ToArray())
        {
            try
            {
                RemoveLeftover(target, stem, logger);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogKept(logger, stem, e.Message);
            }
        }
    }

    private static void RemoveLeftover(string target, string stem, ILogger logger)
    {
        using var guard = FileLock.TryAcquire(stem + LockSuffix, FileOptions.DeleteOnClose);
        if (guard is null && File.Exists(stem + LockSuffix)) return;
        if (Directory.Exists(stem + OldSuffix) && (!Directory.Exists(target) || IsEmpty(target)))
        {
            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(stem + OldSuffix, target);
        }

        Remove(stem + OldSuffix);
        Remove(stem + NewSuffix);
        LogRemoved(logger, stem);
    }

    // Where names cannot be swapped, a kill between the two moves leaves the target empty; the next conversion puts the old package back.
    private void Replace()
    {
        Directory.Move(_target, _old);
        try
        {
            Directory.Move(Folder, _target);
        }
        catch
        {
            Directory.Move(_old, _target);
            throw;
        }
    }

    private static bool IsEmpty(string folder) => Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any();

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static string StemOf(string target) => ShortName.Of(Path.GetFileName(target), ".0123456789abcdef0123456789abcdef.lock".Length) + '.';

    [GeneratedRegex(@"\G([0-9a-f]{32})\.(?:tmp|old|lock)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Leftover();

    [LoggerMessage(1, LogLevel.Information, "Removed {Stem}.*, which an interrupted conversion left")]
    private static partial void LogRemoved(ILogger logger, string stem);

    [LoggerMessage(2, LogLevel.Warning, "{Stem}.* was left by an interrupted conversion and cannot be removed ({Reason}); remove it yourself")]
    private static partial void LogKept(ILogger logger, string stem, string reason);
}
