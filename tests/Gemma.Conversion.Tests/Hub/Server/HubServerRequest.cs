namespace Gemma.Tests.Hub;

/// <summary>A request that came.</summary>
/// <param name="IsData">Whether it came to the port of large files.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Authorization">The header, or null.</param>
/// <param name="Range">The header, or null.</param>
internal sealed record HubServerRequest(bool IsData, string Path, string? Authorization, string? Range);
