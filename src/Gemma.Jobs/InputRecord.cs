using System.Text.Json;

namespace Gemma.Jobs;

/// <summary>A record as it was read.</summary>
/// <param name="Element">Its object.</param>
/// <param name="Problem">Why it has none, or null.</param>
internal readonly record struct InputRecord(JsonElement Element, string? Problem);
