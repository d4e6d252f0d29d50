using System.Text.Json;

namespace Gemma.Benchmarks.Constraints;

/// <summary>A schema to follow, and the type that its answers must become, if there is one.</summary>
internal sealed record SchemaCase(string Name, JsonElement Schema, Type? Type = null);
