using System.Text.Json.Serialization;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel;

/// <summary>Serialisers of execution settings, generated at build time.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(PromptExecutionSettings))]
[JsonSerializable(typeof(GemmaPromptExecutionSettings))]
internal sealed partial class GemmaSettingsJsonContext : JsonSerializerContext;
