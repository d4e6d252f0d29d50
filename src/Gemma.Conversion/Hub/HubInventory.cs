namespace Gemma.Conversion.Hub;

/// <summary>Lists and deletes what a cache holds.</summary>
internal static class HubInventory
{
    private const int ShortestCommit = 7;

    /// <summary>All snapshots of all models.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="isComplete">Whether a snapshot has everything.</param>
    public static IReadOnlyList<HubSnapshot> List(HubCache cache, Func<string, string, bool> isComplete)
    {
        List<HubSnapshot> result = [];
        foreach (var repository in cache.Models())
        {
            var references = cache.References(repository).ToArray();
            foreach (var folder in Snapshots(cache, repository))
            {
                var commit = Path.GetFileName(folder);
                var files = Files(folder);
                result.Add(new HubSnapshot(repository, commit, folder,
                    [.. references.Where(reference => reference.Commit == commit).Select(reference => reference.Revision)], files.Count,
                    files.Sum(file => file.Bytes), isComplete(repository, commit)));
            }
        }

        return result;
    }

    /// <summary>The files of a snapshot as they lie there.</summary>
    public static IReadOnlyList<HubFile> Files(string folder) =>
        [.. Paths(folder).Where(HubCache.Exists)
            .Select(path => new HubFile(Path.GetRelativePath(folder, path).Replace('\\', '/'), HubCache.Length(path), string.Empty))
            .OrderBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>Deletes a revision, or all of a model.</summary>
    /// <returns>Bytes that are free now.</returns>
    public static long Remove(HubCache cache, HubModelName name)
    {
        var model = cache.Model(name.Repository);
        var all = Snapshots(cache, name.Repository).ToArray();
        var commits = name.Revision is null ? [.. all.Select(folder => Path.GetFileName(folder)!)] : Commits(cache, name, all);
        if (!Directory.Exists(model) || (name.Revision is not null && commits.Count == 0))
            throw new HubException(HubError.NotCached, $"The cache holds no {name}; 'gemma pull --list' shows what it holds.");
        var before = Size(model);
        var kept = all.Where(folder => !commits.Contains(Path.GetFileName(folder))).ToArray();
        if (kept.Length == 0)
        {
            Directory.Delete(model, recursive: true);
            if (Directory.Exists(cache.Locks(name.Repository))) Directory.Delete(cache.Locks(name.Repository), recursive: true);
            return before;
        }

        var shared = kept.SelectMany(Paths).Select(HubCache.Target).ToHashSet(StringComparer.Ordinal);
        var blobs = RealPath.Of(cache.Blobs(name.Repository));
        foreach (var (_, _, path) in cache.References(name.Repository).Where(reference => commits.Contains(reference.Commit)).ToArray()) File.Delete(path);
        foreach (var commit in commits)
        {
            var folder = cache.Snapshot(name.Repository, commit);
            string[] targets = [.. Paths(folder).Select(HubCache.Target).Where(target => RealPath.IsWithin(target, blobs) && !shared.Contains(target))];
            Directory.Delete(folder, recursive: true);
            foreach (var target in targets) File.Delete(target);
            File.Delete(cache.Tree(name.Repository, commit));
            if (Directory.Exists(cache.Absent(name.Repository, commit))) Directory.Delete(cache.Absent(name.Repository, commit), recursive: true);
        }

        return before - Size(model);
    }

    // A branch or a tag, a commit, or its beginning.
    private static List<string> Commits(HubCache cache, HubModelName name, string[] folders)
    {
        var known = folders.Select(folder => Path.GetFileName(folder)!).ToArray();
        if (cache.Commit(name) is { } commit && known.Contains(commit)) return [commit];
        string[] matches = name.Revision!.Length < ShortestCommit
            ? []
            : [.. known.Where(candidate => candidate.StartsWith(name.Revision, StringComparison.Ordinal))];
        return matches.Length == 1 ? [matches[0]] : [];
    }

    private static IEnumerable<string> Snapshots(HubCache cache, string repository)
    {
        var folder = Path.GetDirectoryName(cache.Snapshot(repository, "commit"))!;
        return Directory.Exists(folder)
            ? Directory.EnumerateDirectories(folder).Where(path => HubModelName.IsCommit(Path.GetFileName(path))).Order(StringComparer.Ordinal)
            : [];
    }

    private static IEnumerable<string> Paths(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories);

    private static long Size(string folder) => Paths(folder).Where(path => new FileInfo(path).LinkTarget is null).Sum(path => new FileInfo(path).Length);
}
