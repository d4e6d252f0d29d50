using System.Text;

namespace Gemma.Conversion.Hub;

/// <summary>huggingface_hub's cache folder: where things lie in it, and how they are put there so that a process that dies leaves it valid.</summary>
internal sealed class HubCache(HubSettings settings)
{
    private const string Prefix = "models--";
    private const string TagFile = "CACHEDIR.TAG";
    private const string Tag = "Signature: 8a477f597d28d172789f06886806bc55\n# This file marks a cache: backups may leave it out.\n";

    private readonly Lazy<bool> _symlinks = new(() => settings.UseSymlinks && CanLink(settings.CacheFolder));

    /// <summary>The cache.</summary>
    public string Folder => settings.CacheFolder;

    /// <summary>A model's folder.</summary>
    public string Model(string repository) => Path.Combine(Folder, Prefix + repository.Replace("/", "--", StringComparison.Ordinal));

    /// <summary>What to call a snapshot, whose folder has the name of a commit: <c>google--gemma-2b-it-8charact</c>; null for other folders.</summary>
    public static string? NameOf(string folder) =>
        Path.GetFileName(folder) is var commit
            && HubModelName.IsCommit(commit)
            && Path.GetDirectoryName(Path.GetDirectoryName(folder)) is { } model
            && Path.GetFileName(model) is var name
            && name.StartsWith(Prefix, StringComparison.Ordinal)
            ? $"{name[Prefix.Length..]}-{commit[..8]}"
            : null;

    /// <summary>The models that have a folder.</summary>
    public IEnumerable<string> Models() => !Directory.Exists(Folder) ? []
        : Directory.EnumerateDirectories(Folder, Prefix + "*")
            .Select(folder => Path.GetFileName(folder)[Prefix.Length..].Replace("--", "/", StringComparison.Ordinal))
            .Where(name => HubModelName.TryParse(name, out _)).Order(StringComparer.Ordinal);

    public string Blobs(string repository) => Path.Combine(Model(repository), "blobs");

    public string Blob(string repository, HubFile file) => Path.Combine(Blobs(repository), file.Hash);

    public string Snapshot(string repository, string commit) => Path.Combine(Model(repository), "snapshots", commit);

    public string Tree(string repository, string commit) => Path.Combine(Model(repository), "trees", commit + ".json");

    public string Absent(string repository, string commit) => Path.Combine(Model(repository), ".no_exist", commit);

    public string Locks(string repository) => Path.Combine(Folder, ".locks", Path.GetFileName(Model(repository)));

    /// <summary>The commit that a revision named at the last pull, or null.</summary>
    public string? Commit(HubModelName name) => name.IsPinned ? name.Revision
        : ReferencePaths(name.Repository, name.RevisionOrDefault).Where(File.Exists).Select(path => File.ReadAllText(path).Trim())
            .FirstOrDefault(HubModelName.IsCommit);

    /// <summary>The branches and tags of a model, and the commits that they named.</summary>
    public IEnumerable<(string Revision, string Commit, string Path)> References(string repository)
    {
        var folder = Path.Combine(Model(repository), "refs");
        if (!Directory.Exists(folder)) yield break;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            yield return (Path.GetRelativePath(folder, path).Replace('\\', '/'), File.ReadAllText(path).Trim(), path);
    }

    /// <summary>Whether a snapshot has a file, of the right size.</summary>
    /// <exception cref="HubException">The file is a link to elsewhere.</exception>
    public bool Has(string repository, string commit, HubFile file)
    {
        var path = HubPath.Combine(Snapshot(repository, commit), file.Path);
        return Exists(path)
            && Length(path) == file.Bytes
            && (IsOwn(repository, path)
                ? true
                : throw new HubException(HubError.Damaged, $"{path} is a link that leads out of the cache; delete it and pull the model again."));
    }

    /// <summary>Whether the content of a file is there.</summary>
    public bool HasBlob(string repository, HubFile file) => Blob(repository, file) is var path && Exists(path) && Length(path) == file.Bytes;

    /// <summary>Whether a file is there; a link whose target is gone is none.</summary>
    public static bool Exists(string path)
    {
        try
        {
            return File.Exists(path) && (new FileInfo(path) is { LinkTarget: null } || File.ResolveLinkTarget(path, returnFinalTarget: true)?.Exists == true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A link that leads to itself, or to where nothing may be seen.
            return false;
        }
    }

    /// <summary>Puts a file, whose content is there, into a snapshot.</summary>
    /// <param name="repository">The model.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="file">The file.</param>
    /// <param name="isNew">Whether its content came just now: without symbolic links it moves.</param>
    public void Link(string repository, string commit, HubFile file, bool isNew)
    {
        var path = HubPath.Combine(Snapshot(repository, commit), file.Path);
        var blob = Blob(repository, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = Temporary(path);
        if (_symlinks.Value) File.CreateSymbolicLink(temporary, Path.GetRelativePath(Path.GetDirectoryName(path)!, blob));
        else if (!isNew) File.Copy(blob, temporary);
        File.Move(_symlinks.Value || !isNew ? temporary : blob, path, overwrite: true);
    }

    /// <summary>Notes which commit a branch or a tag names.</summary>
    public void WriteReference(HubModelName name, string commit)
    {
        if (!name.IsPinned) Write(ReferencePaths(name.Repository, name.RevisionOrDefault)[0], commit);
    }

    /// <summary>Writes a small file whole: nobody sees a part of it.</summary>
    public static void Write(string path, string text)
    {
        if (File.Exists(path) && File.ReadAllText(path) == text) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = Temporary(path);
        using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Makes a model's folders.</summary>
    /// <exception cref="HubException">The cache cannot be written.</exception>
    public void Prepare(string repository)
    {
        try
        {
            Directory.CreateDirectory(Blobs(repository));
            Directory.CreateDirectory(Locks(repository));
            var tag = Path.Combine(Folder, TagFile);
            if (!File.Exists(tag)) Write(tag, Tag);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new HubException(HubError.NoSpace, $"The cache {Folder} cannot be written ({e.Message}); set HF_HUB_CACHE to a folder that can.", e);
        }
    }

    /// <summary>Free bytes of the cache's disk.</summary>
    public long FreeBytes() => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(Folder)! : Folder).AvailableFreeSpace;

    // A link is as long as its text, what it leads to is not.
    internal static long Length(string path)
    {
        using var handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.GetLength(handle);
    }

    /// <summary>Where a snapshot's file really lies.</summary>
    internal static string Target(string path) => RealPath.Of(path);

    private bool IsOwn(string repository, string path) =>
        new FileInfo(path).LinkTarget is null || RealPath.IsWithin(Target(path), RealPath.Of(Blobs(repository)));

    // Pull requests and converted branches are revisions "refs/pr/3": one of the two places is ours, the other is where some versions of huggingface_hub put
    // them.
    private string[] ReferencePaths(string repository, string revision)
    {
        var folder = Path.Combine(Model(repository), "refs");
        return revision.StartsWith("refs/", StringComparison.Ordinal)
            ? [HubPath.Combine(folder, revision["refs/".Length..]), HubPath.Combine(folder, revision)]
            : [HubPath.Combine(folder, revision)];
    }

    private static string Temporary(string path) => $"{path}.{Guid.NewGuid().ToString("N")[..8]}.gemma.tmp";

    private static bool CanLink(string folder)
    {
        var link = Path.Combine(folder, $".link-{Guid.NewGuid():N}");
        try
        {
            File.CreateSymbolicLink(link, TagFile);
            File.Delete(link);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}
