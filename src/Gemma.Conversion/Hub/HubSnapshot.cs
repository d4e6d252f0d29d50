namespace Gemma.Conversion.Hub;

/// <summary>A revision of a model in the cache.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Folder">The folder with its files.</param>
/// <param name="Revisions">The branches and tags that name the commit, as of the last pull.</param>
/// <param name="Files">How many files there are.</param>
/// <param name="Bytes">Their bytes; content that revisions share counts in each.</param>
/// <param name="IsComplete">Whether everything that a conversion needs is there.</param>
public sealed record HubSnapshot(string Repository, string Commit, string Folder, IReadOnlyList<string> Revisions, int Files, long Bytes, bool IsComplete);
