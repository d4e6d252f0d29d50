using System.Text.Json;

namespace Gemma.Jobs.Cluster;

/// <summary>What a job asks of a worker.</summary>
/// <param name="Kind">The work's name.</param>
/// <param name="Model">The model's name, or null.</param>
/// <param name="ModelHash">The SHA-256 of its package, or null.</param>
/// <param name="Options">The work's options, or null.</param>
public sealed record JobDescription(string Kind, string? Model, string? ModelHash, JsonElement? Options);
