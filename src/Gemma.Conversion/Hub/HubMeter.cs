namespace Gemma.Conversion.Hub;

/// <summary>Adds up the progress of files that are loaded at the same time.</summary>
internal sealed class HubMeter(HubPlan plan, IProgress<HubProgress>? progress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _loaded = plan.Missing.DistinctBy(file => file.Path).ToDictionary(file => file.Path, _ => 0L);
    private readonly long _total = plan.Bytes;
    private long _done = plan.Bytes - plan.MissingBytes;

    /// <summary>Takes how much of a file is there.</summary>
    public void Report(HubFile file, long bytes)
    {
        lock (_lock)
        {
            var before = _loaded[file.Path];
            _loaded[file.Path] = bytes;
            _done += bytes - before;
            progress?.Report(new HubProgress(file, bytes, _done, _total));
        }
    }
}
