using System.Globalization;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Runtime.Engines.OnnxRuntime.Prepacking;

/// <summary>Packs a package's weights for this processor and keeps them beside it.</summary>
internal static partial class PrepackedWriter
{
    // Packed weights lie beside the original ones, and 16-bit weights are widened (measured: 2.0 to 2.4, and 4.0).
    private const double GrowthOfBytes = 2.5;
    private const double GrowthOfHalves = 4.5;

    /// <summary>Does it if it is not done yet; the folder appears whole or not at all.</summary>
    /// <param name="package">The package.</param>
    /// <param name="threads">Threads that pack; 0: chosen for this machine.</param>
    /// <param name="logger">Receives what is worth knowing.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops between graphs and files: ONNX Runtime cannot be interrupted while it packs one.</param>
    /// <exception cref="InvalidModelException">The package has no manifest, or packed weights that are damaged.</exception>
    /// <exception cref="EngineException">ONNX Runtime cannot pack a graph, or computes something else from what it wrote.</exception>
    /// <exception cref="IOException">The folder cannot be written, or the disk is too full.</exception>
    public static async Task SaveAsync(ModelPackage package, int threads, ILogger logger, TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = FolderOf(package);
        if (PrepackedFolder.Find(package) is not null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(folder.FullPath)!);
        var lockFile = folder.FullPath + ".lock";
        using var guard = await FileLock.AcquireAsync(lockFile, () => LogWaiting(logger, lockFile), time, cancellationToken).ConfigureAwait(false);
        if (PrepackedFolder.Find(package) is not null) return;
        EnsureSpace(package, folder);
        LogPacking(logger, package.Folder, folder.FullPath);

        // Whoever holds the lock knows that nobody writes there now: a killed process or a copy that broke off left these.
        var temporary = folder.FullPath + PrepackedManifest.TemporarySuffix;
        Remove(temporary);
        try
        {
            foreach (var graph in folder.Graphs)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Save(package, graph, PrepackedFolder.In(temporary, package, graph), threads);
            }

            PackedComparison.Ensure(package, temporary, threads, cancellationToken);
            var manifest = new PrepackedManifest
            {
                Library = folder.Library,
                Processor = folder.Processor,
                Sources = folder.Sources,
                Files = await PackageFolder.HashAsync(temporary, cancellationToken).ConfigureAwait(false),
            };
            await ManifestFile.WriteAsync(Path.Combine(temporary, PrepackedManifest.FileName), manifest, ModelJsonContext.Default.PrepackedManifest,
                cancellationToken).ConfigureAwait(false);
            Remove(folder.FullPath);
            Directory.Move(temporary, folder.FullPath);
        }
        finally
        {
            Remove(temporary);
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static void Save(ModelPackage package, string graph, string target, int threads)
    {
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        OnnxRuntimeSession.SavePrepacked(new OnnxRuntimeEngineOptions
        {
            ModelPath = graph,
            ContextLength = package.MaxPositions,
            Engine = new EngineOptions { Threads = threads },
        }, target);
        foreach (var file in folder.EnumerateFiles())
        {
            using var handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(handle);
        }
    }

    private static PrepackedFolder FolderOf(ModelPackage package) =>
        PrepackedFolder.Of(package)
            ?? throw new InvalidModelException(package.Folder, PackageManifest.FileName,
                "the file is missing: weights are packed for packages of this library only; convert the checkpoint with 'gemma convert'");

    private static void EnsureSpace(ModelPackage package, PrepackedFolder prepacked)
    {
        var growth = PrecisionTraits.Find(package.Manifest?.Precision) is { IsHalf: true } ? GrowthOfHalves : GrowthOfBytes;
        var needed = (long)(prepacked.Sources.Sum(file => file.Length) * growth);

        // A share of a network has no drive to ask.
        if (package.Folder.StartsWith(@"\\", StringComparison.Ordinal)) return;
        var free = new DriveInfo(package.Folder).AvailableFreeSpace;
        if (free < needed)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture,
                $"Packed weights take about {needed / 1e9:0.0} GB and {package.Folder} has {free / 1e9:0.0} GB left: "
                    + $"free some, or do without packed weights."));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Packing the weights of {Package} for this processor into {Folder}; this happens once")]
    private static partial void LogPacking(ILogger logger, string package, string folder);

    [LoggerMessage(2, LogLevel.Information, "Waiting for another process that packs the same weights ({Lock})")]
    private static partial void LogWaiting(ILogger logger, string @lock);
}
