using System.Text.Json.Serialization;

namespace Gemma.Jobs;

/// <summary>How <c>job.json</c> is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(JobSpec))]
internal sealed partial class JobJsonContext : JsonSerializerContext;
