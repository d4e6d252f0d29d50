using System.Text.Json.Serialization;

namespace Gemma.Runtime.Models;

/// <summary>Serialisers of the package's own files, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n",
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PackageManifest))]
[JsonSerializable(typeof(PrepackedManifest))]
internal sealed partial class ModelJsonContext : JsonSerializerContext;
