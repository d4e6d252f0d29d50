using System.Globalization;
using System.Text.Json;
using Gemma.Server.Catalog;

namespace Gemma.Server.Ollama;

/// <summary>A model in Ollama's words.</summary>
internal static class OllamaDetails
{
    public static void Write(Utf8JsonWriter json, ModelDetails details)
    {
        var family = details.Model?.Package.Config?.ModelType ?? "gemma";
        json.WriteStartObject("details");
        json.WriteString("parent_model", string.Empty);
        json.WriteString("format", "onnx");
        json.WriteString("family", family);
        json.WriteStartArray("families");
        json.WriteStringValue(family);
        json.WriteEndArray();
        json.WriteString("parameter_size", ParameterSize(details.Manifest?.Parameters));
        json.WriteString("quantization_level", details.Manifest?.Precision ?? string.Empty);
        json.WriteEndObject();
    }

    public static void WriteModelInfo(Utf8JsonWriter json, ModelDetails details)
    {
        var model = details.Model;
        var family = model?.Package.Config?.ModelType ?? "gemma";
        json.WriteStartObject("model_info");
        json.WriteString("general.architecture", family);
        if (details.Manifest?.Parameters is { } parameters) json.WriteNumber("general.parameter_count", parameters);
        if (model is not null)
        {
            json.WriteNumber($"{family}.context_length", model.ContextLength);
            if (model.Package.Config is { } config) json.WriteNumber($"{family}.embedding_length", config.HiddenSize);
            json.WriteNumber($"{family}.vocab_size", model.Package.VocabSize);
        }

        json.WriteEndObject();
    }

    private static string ParameterSize(long? parameters) => parameters switch
    {
        null => string.Empty,
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e9:0.0}B"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{parameters / 1e6:0.00}M"),
    };
}
