using System.Text.Json;
using Gemma.Conversion.Inspection;
using Gemma.Runtime.Models;

namespace Gemma.Cli.Infrastructure;

/// <summary>A model's description as JSON.</summary>
internal static class ModelSummaryJson
{
    public static void Write(Utf8JsonWriter json, ModelSummary summary)
    {
        json.WriteString("kind", summary.IsPackage ? "package" : "checkpoint");
        json.WriteString("path", summary.Path);
        WriteText(json, "format", summary.Format);
        if (summary.Config is { } config) WriteShape(json, config);
        if (summary.Parameters is { } parameters) json.WriteNumber("parameters", parameters);
        if (summary.DataTypes.Count > 0) WriteTexts(json, "data_types", summary.DataTypes);
        WriteText(json, "default_precision", summary.DefaultPrecision);
        if (summary.Manifest is { } manifest) WriteManifest(json, manifest);
        WriteTexts(json, "heads", summary.Heads);
        WriteText(json, "chat_template", summary.ChatTemplate);
        json.WriteStartObject("bytes");
        foreach (var size in summary.Sizes) json.WriteNumber(size.Precision, size.FileBytes);
        json.WriteEndObject();
        json.WriteStartObject("memory");
        json.WriteNumber("context", summary.Context);
        json.WriteNumber("key_value_cache_bytes", summary.KeyValueCacheBytes);
        json.WriteStartObject("total_bytes");
        foreach (var size in summary.Sizes) json.WriteNumber(size.Precision, size.MemoryBytes);
        json.WriteEndObject();
        json.WriteStartObject("mapped_bytes");
        foreach (var size in summary.Sizes) json.WriteNumber(size.Precision, size.MappedBytes);
        json.WriteEndObject();
        json.WriteEndObject();
        WriteFiles(json, summary.Files);
        if (summary.Prepacked.Count > 0) WritePrepacked(json, summary.Prepacked);
        json.WriteBoolean("verified", summary.Verified);
    }

    private static void WriteShape(Utf8JsonWriter json, GemmaConfig config)
    {
        var layer = config.Plan.Layers[0];
        json.WriteString("architecture", config.ClassName);
        json.WriteString("model_type", config.ModelType);
        json.WriteNumber("vocab_size", config.VocabSize);
        json.WriteNumber("hidden_size", config.HiddenSize);
        json.WriteNumber("intermediate_size", layer.FeedForward.Width);
        json.WriteNumber("num_hidden_layers", config.Plan.Layers.Count);
        json.WriteNumber("num_attention_heads", layer.Attention.QueryHeads);
        json.WriteNumber("num_key_value_heads", layer.Attention.KeyValueHeads);
        json.WriteNumber("head_dim", layer.Attention.HeadSize);
        json.WriteNumber("max_position_embeddings", config.MaxPositionEmbeddings);
        if (config.Labels.Count > 0) WriteTexts(json, "labels", config.Labels);
    }

    private static void WriteManifest(Utf8JsonWriter json, PackageManifest manifest)
    {
        json.WriteString("precision", manifest.Precision);
        WriteText(json, "activations", manifest.Activations);
        if (manifest.BlockSize is { } blockSize) json.WriteNumber("block_size", blockSize);
        if (manifest.ZeroPoints is { } zeroPoints) json.WriteBoolean("zero_points", zeroPoints);
        WriteText(json, "scales", manifest.Scales);
        WriteText(json, "calibration", manifest.Calibration);
        if (manifest.LmHeadBits is { } headBits) json.WriteNumber("head_bits", headBits);
        WriteText(json, "prefill", manifest.Prefill);
        if (manifest.Weights is { } weights) WriteWeights(json, weights);
        json.WriteString("source", manifest.Source);
        WriteText(json, "adapter", manifest.Adapter);
        json.WriteString("converter_version", manifest.ConverterVersion);
    }

    private static void WriteWeights(Utf8JsonWriter json, IReadOnlyList<StoredMatrices> weights)
    {
        json.WriteStartArray("weights");
        foreach (var matrices in weights)
        {
            json.WriteStartObject();
            json.WriteString("matrix", matrices.Matrix);
            json.WriteString("source", matrices.Source);
            json.WriteString("stored", matrices.Stored);
            json.WriteBoolean("exact", matrices.IsExact);
            json.WriteNumber("count", matrices.Count);
            json.WriteNumber("bytes", matrices.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteFiles(Utf8JsonWriter json, IReadOnlyList<ModelFile> files)
    {
        json.WriteStartArray("files");
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("path", file.Path);
            json.WriteNumber("bytes", file.Length);
            WriteText(json, "sha256", file.Sha256);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePrepacked(Utf8JsonWriter json, IReadOnlyList<PrepackedManifest> prepacked)
    {
        json.WriteStartArray("prepacked");
        foreach (var manifest in prepacked)
        {
            json.WriteStartObject();
            json.WriteString("library", manifest.Library);
            json.WriteString("processor", manifest.Processor);
            json.WriteNumber("bytes", manifest.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
