using System.Globalization;

namespace Gemma.Runtime.Engines.Processors;

/// <summary>The share of processor time that Linux's control groups give a container, version 1 (<c>cpu.cfs_quota_us</c>) or 2 (<c>cpu.max</c>).</summary>
internal static class CpuQuota
{
    /// <summary>In cores, such as 1.5; null without a limit. A group is limited by every group around it.</summary>
    /// <param name="root">The file system's root; another one in tests.</param>
    public static double? Read(string root)
    {
        double? least = null;
        foreach (var (mount, folder, second) in Hierarchies(root))
        {
            for (var group = folder; group.Length >= mount.Length; group = Path.GetDirectoryName(group) ?? string.Empty)
            {
                if ((second ? ReadSecond(group) : ReadFirst(group)) is { } quota && !(quota >= least)) least = quota;
            }
        }

        return least;
    }

    private static double? ReadFirst(string group) =>
        Ratio(SystemFile.Lines(Path.Combine(group, "cpu.cfs_quota_us")).FirstOrDefault(),
            SystemFile.Lines(Path.Combine(group, "cpu.cfs_period_us")).FirstOrDefault());

    private static double? ReadSecond(string group) =>
        SystemFile.Lines(Path.Combine(group, "cpu.max")).FirstOrDefault()?.Split(' ') is [var quota, var period] ? Ratio(quota, period) : null;

    // Without a limit the quota is -1 or "max".
    private static double? Ratio(string? quota, string? period) =>
        long.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            && long.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out var of)
            && time > 0
            && of > 0
            ? (double)time / of
            : null;

    // Where the hierarchies with a processor controller are mounted, and where in them this process's group lies.
    private static IEnumerable<(string Mount, string Folder, bool Second)> Hierarchies(string root)
    {
        var groups = SystemFile.Lines(Path.Combine(root, "proc/self/cgroup")).Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3).ToArray();
        foreach (var line in SystemFile.Lines(Path.Combine(root, "proc/self/mountinfo")))
        {
            // Number, parent, device, root, mount point, options, …, "-", type, source, options of the file system.
            var fields = line.Split(' ');
            var end = Array.IndexOf(fields, "-");
            if (end < 6 || end + 3 >= fields.Length) continue;
            var second = fields[end + 1] == "cgroup2";
            if (!second && (fields[end + 1] != "cgroup" || !HasProcessors(fields[end + 3]))) continue;
            if (Array.Find(groups, parts => second ? parts[1].Length == 0 : HasProcessors(parts[1])) is not [_, _, var path]) continue;
            var mount = Path.TrimEndingDirectorySeparator(Path.Combine(root, fields[4].TrimStart('/')));
            yield return (mount, Path.Combine(mount, Below(fields[3], path)), second);
        }
    }

    private static bool HasProcessors(string controllers) => controllers.Split(',').Contains("cpu");

    // A container sees its own group mounted, though its path is told from the host's root; a path outside the mount says nothing that can be read.
    private static string Below(string mounted, string path)
    {
        mounted = mounted.TrimEnd('/');
        return path.StartsWith(mounted, StringComparison.Ordinal) && !path.Contains("..", StringComparison.Ordinal)
            ? path[mounted.Length..].Trim('/')
            : string.Empty;
    }
}
