using System.Diagnostics;
using Gemma.Runtime.Engines.OnnxRuntime.Prepacking;
using Gemma.Runtime.Models;

namespace Gemma.Fuzz.Kills;

/// <summary>A folder in which one command is started and killed.</summary>
internal sealed class KillPlace(Victim victim) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gemma-kill-").FullName;

    /// <summary>Whether nothing is at the target.</summary>
    public bool IsAbsent => !Directory.Exists(Target);

    private string Target => Path.Combine(_folder, "models", "package");

    private string Temporary => Path.Combine(_folder, "tmp");

    /// <summary>Lets the command run to its end.</summary>
    /// <returns>How long it took.</returns>
    public async Task<TimeSpan> FinishAsync(CancellationToken cancellationToken)
    {
        Reset();
        var start = Stopwatch.GetTimestamp();
        using var process = Start();
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? Stopwatch.GetElapsedTime(start)
            : throw new InvalidOperationException($"'{victim.Name}' failed with exit code {process.ExitCode}.");
    }

    /// <summary>Removes the package where the command expects none.</summary>
    public void Reset()
    {
        if (!victim.IsReplacing && Directory.Exists(Target)) Directory.Delete(Target, recursive: true);
    }

    /// <summary>Starts the command and kills it.</summary>
    /// <param name="after">When, or null: as soon as the new package is complete beside the target.</param>
    /// <param name="delay">How much later.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether it had not ended by itself.</returns>
    public async Task<bool> KillAsync(TimeSpan? after, TimeSpan delay, CancellationToken cancellationToken)
    {
        using var process = Start();
        if (after is { } time) await Task.Delay(time, cancellationToken);
        else
        {
            while (!process.HasExited && !IsAboutToPublish()) await Task.Delay(1, cancellationToken);
        }

        await Task.Delay(delay, cancellationToken);
        var inTime = !process.HasExited;
        process.Kill();
        await process.WaitForExitAsync(cancellationToken);
        return inTime;
    }

    /// <summary>What is wrong with the target, or null where it is absent or whole.</summary>
    public async Task<string?> InspectAsync(CancellationToken cancellationToken)
    {
        if (IsAbsent) return victim.IsReplacing ? "the old package is gone" : null;
        try
        {
            var package = await ModelPackage.OpenAsync(Target, verify: true, cancellationToken);
            if (PrepackedFolder.Find(package) is { } packed) await packed.VerifyAsync(cancellationToken);
            return null;
        }
        catch (GemmaException e)
        {
            return e.Message;
        }
    }

    /// <summary>Something that a finished command should have removed, or null.</summary>
    public string? FindLeftover() => Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(Target)!).Where(path => path != Target)
        .Concat(Directory.EnumerateFileSystemEntries(Temporary)
            .Where(path => !Path.GetFileName(path).StartsWith("dotnet-", StringComparison.Ordinal)
                && !Path.GetFileName(path).StartsWith("clr-", StringComparison.Ordinal)))
        .Concat(Directory.EnumerateFileSystemEntries(Target, "*.tmp", SearchOption.AllDirectories)).FirstOrDefault() is { } path ? $"{path} is left" : null;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private bool IsAboutToPublish()
    {
        try
        {
            return Directory.Exists(Path.GetDirectoryName(Target))
                && Directory.EnumerateDirectories(Path.GetDirectoryName(Target)!, "*.tmp")
                    .Any(folder => File.Exists(Path.Combine(folder, PackageManifest.FileName)));
        }
        catch (DirectoryNotFoundException)
        {
            return false;
        }
    }

    private Process Start()
    {
        Directory.CreateDirectory(Temporary);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "gemma.dll"), "convert",
            Path.Combine(WorkFolder.Repository, "samples", "models", "tiny-gemma-it"), "--output", Target, .. victim.Arguments];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["TMPDIR"] = Temporary;
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
    }
}
