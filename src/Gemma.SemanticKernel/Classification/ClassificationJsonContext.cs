using System.Text.Json.Serialization;

namespace Gemma.SemanticKernel.Classification;

/// <summary>Serialisers of the plugin's parameters, generated at build time.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class ClassificationJsonContext : JsonSerializerContext;
