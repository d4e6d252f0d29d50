namespace Gemma.Conversion.Hub;

/// <summary>A file of a model's repository at one commit.</summary>
/// <param name="Path">Its path in the repository, with <c>/</c>.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Hash">The SHA-256 of its content (64 digits), or the SHA-1 that git gives it (40 digits).</param>
public sealed record HubFile(string Path, long Bytes, string Hash)
{
    /// <summary>The SHA-1 that git gives to it, or to the pointer to it.</summary>
    internal string BlobId { get; init; } = Hash;

    /// <summary>The name of its content in the hub's chunk store, or null.</summary>
    internal string? XetHash { get; init; }

    internal bool IsLarge => Hash.Length == 64;
}
