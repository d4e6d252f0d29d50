using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Conversion;
using Gemma.Conversion.Hub;
using Gemma.Conversion.Packaging;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Cli.Hub;

/// <summary>Pulls one model: says what it will do, loads, and puts the result where it is wanted.</summary>
internal sealed class ModelPull(CommandConsole console, ModelHub hub, ILogger logger)
{
    // A package of any precision is not larger than its weights in float32, of which most checkpoints hold the half.
    private const int LargestGrowth = 2;

    private HubPlan? _plan;

    /// <summary>Pulls.</summary>
    /// <returns>The folder with the files, or the package's.</returns>
    public async Task<string> RunAsync(HubModelName model, string[]? include, ModelPrecision? precision, string? target, CancellationToken cancellationToken)
    {
        var options = new ConversionOptions { Precision = precision };
        if (precision is not null && target is not null) EnsureTarget(target, options);
        var plan = _plan = await hub.PlanAsync(model, include, cancellationToken) is var found && precision is not null
            ? found with { ReservedBytes = found.Bytes * LargestGrowth }
            : found;
        SnapshotOutput.WritePlan(console, plan);
        var folder = await PullProgressBars.RunAsync(console, plan, progress => hub.PullAsync(plan, progress, cancellationToken));
        if (precision is null) return target is null ? folder : Copy(folder, target);
        if (target is null) return await new PackageCache(logger: logger).GetPackageAsync(folder, options, cancellationToken);
        await ConversionProgressBar.RunAsync(console,
            progress => new CheckpointConverter(logger).ConvertAsync(folder, target, options, progress, cancellationToken));
        return Path.GetFullPath(target);
    }

    /// <summary>Describes what was pulled.</summary>
    public void Write(Utf8JsonWriter json, string folder)
    {
        json.WriteString("model", _plan!.Name.Repository);
        json.WriteString("commit", _plan.Commit);
        json.WriteNumber("files", _plan.Files.Count);
        json.WriteNumber("bytes", _plan.Bytes);
        json.WriteNumber("loaded_bytes", _plan.MissingBytes);
        json.WriteString("path", folder);
    }

    // Before gigabytes are loaded for it.
    private void EnsureTarget(string target, ConversionOptions options)
    {
        try
        {
            new PackageTarget(target, [hub.CacheFolder], options).Prepare(logger);
        }
        catch (IOException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    private string Copy(string folder, string target)
    {
        foreach (var file in _plan!.Files)
        {
            var path = Path.Combine([target, .. file.Path.Split('/')]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(Path.Combine([folder, .. file.Path.Split('/')]), path + ".tmp", overwrite: true);
            File.Move(path + ".tmp", path, overwrite: true);
        }

        return Path.GetFullPath(target);
    }
}
