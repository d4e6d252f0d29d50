using System.Globalization;
using Orleans.Placement;

namespace Gemma.Jobs.Cluster;

/// <summary>Does one part on the silo that has most to spare. Not reentrant: a second call waits and finds the part done.</summary>
[ResourceOptimizedPlacement]
internal sealed class PartGrain(SiloWorkers workers) : Grain, IPartGrain
{
    public static string KeyOf(string folder, int part) => string.Create(CultureInfo.InvariantCulture, $"{folder}#{part}");

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var key = this.GetPrimaryKeyString();
        var end = key.LastIndexOf('#');
        var job = await workers.GetAsync(key[..end]);
        var part = job.Parts[int.Parse(key.AsSpan(end + 1), CultureInfo.InvariantCulture)];
        DeactivateOnIdle();
        if (job.Store.HasPart(part)) return 0;

        // Lines are worked on outside of the grain's turns.
        var (content, errors) = await Task.Run(() => job.Runner.RunAsync(job.Spec.Inputs[part.Input], part, cancellationToken), cancellationToken);
        if (job.Store.SpecTime != job.SpecTime) throw new JobException($"'{job.Store.Name}' holds another job now.");
        await job.Store.WritePartAsync(part, content, cancellationToken);
        return errors;
    }
}
