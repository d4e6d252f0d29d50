using System.Globalization;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>Linux's account of its processors, under <c>/sys</c>, within the affinity in <c>/proc/self/status</c>.</summary>
internal static class LinuxTopology
{
    // Of three kinds of cores, as phones have them, the middle one is fast enough to keep up; the efficient one has about half its capacity.
    private const double FastShare = 0.6;

    /// <summary>Null where nothing is told.</summary>
    /// <param name="root">The file system's root; another one in tests.</param>
    public static ProcessorTopology? Read(string root)
    {
        var processors = Allowed(root);
        var kinds = Set(Path.Combine(root, "sys/devices/cpu_core/cpus"));
        var capacities = processors.ToDictionary(processor => processor, processor => Number(Path.Combine(Folder(root, processor), "cpu_capacity")));
        var fastest = capacities.Values.Max() ?? 0;
        return ProcessorTopology.Count([.. processors.Select(processor => (CoreOf(root, processor), IsFast(processor)))]);

        bool IsFast(int processor) =>
            kinds.Count > 0 ? kinds.Contains(processor) : capacities[processor] is not { } capacity || capacity >= fastest * FastShare;
    }

    /// <summary>The numbers in a list such as "0-2,5".</summary>
    internal static SortedSet<int> Parse(string list)
    {
        SortedSet<int> numbers = [];
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var range = part.Split('-');
            if (!int.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(range[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)) return [];
            for (var number = first; number <= last; number++) numbers.Add(number);
        }

        return numbers;
    }

    private static SortedSet<int> Allowed(string root)
    {
        const string Key = "Cpus_allowed_list:";
        var line = SystemFile.Lines(Path.Combine(root, "proc/self/status")).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        var online = Set(Path.Combine(root, "sys/devices/system/cpu/online"));
        if (line is null) return online;
        var allowed = Parse(line[Key.Length..]);
        if (online.Count > 0) allowed.IntersectWith(online);
        return allowed;
    }

    // Processors of one core name the same siblings; without the file each is a core of its own.
    private static string CoreOf(string root, int processor)
    {
        var topology = Path.Combine(Folder(root, processor), "topology");
        return SystemFile.Lines(Path.Combine(topology, "core_cpus_list")).FirstOrDefault()
            ?? SystemFile.Lines(Path.Combine(topology, "thread_siblings_list")).FirstOrDefault()
            ?? processor.ToString(CultureInfo.InvariantCulture);
    }

    private static string Folder(string root, int processor) =>
        Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"sys/devices/system/cpu/cpu{processor}"));

    private static SortedSet<int> Set(string file) => Parse(SystemFile.Lines(file).FirstOrDefault() ?? string.Empty);

    private static long? Number(string file) =>
        long.TryParse(SystemFile.Lines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
