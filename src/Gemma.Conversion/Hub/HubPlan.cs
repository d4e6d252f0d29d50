namespace Gemma.Conversion.Hub;

/// <summary>What a pull will do.</summary>
/// <param name="Name">The model.</param>
/// <param name="Commit">The commit that its revision names now.</param>
/// <param name="Files">The files that are wanted, settings first.</param>
/// <param name="Missing">Those of them that are to be downloaded.</param>
public sealed record HubPlan(HubModelName Name, string Commit, IReadOnlyList<HubFile> Files, IReadOnlyList<HubFile> Missing)
{
    /// <summary>Bytes of all wanted files.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>Bytes of the files to download; what an earlier pull left of them counts as missing.</summary>
    public long MissingBytes => Missing.Sum(file => file.Bytes);

    /// <summary>Whether the hub asks for a licence to be accepted; null where nothing was asked.</summary>
    public bool? IsGated { get; init; }

    /// <summary>Room on the cache's disk that is needed besides the files, such as for a conversion.</summary>
    /// <value>Default 0.</value>
    public long ReservedBytes { get; init; }

    /// <summary>The model's page, with its licence.</summary>
    public required string Page { get; init; }
}
