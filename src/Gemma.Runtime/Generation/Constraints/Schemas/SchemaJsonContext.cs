using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gemma.Runtime.Generation.Constraints.Schemas;

/// <summary>Writes JSON without white space.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class SchemaJsonContext : JsonSerializerContext;
