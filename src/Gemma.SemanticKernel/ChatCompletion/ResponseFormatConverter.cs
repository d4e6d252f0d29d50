using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gemma.SemanticKernel;

/// <summary>Reads response formats as JSON, and writes every form of them as prompt files do.</summary>
internal sealed class ResponseFormatConverter : JsonConverter<object?>
{
    public override object? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, object? value, JsonSerializerOptions options) => SettingsResponseFormat.Write(value).WriteTo(writer);
}
