using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gemma.Conversion.Checkpoints.Adapters;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;
using Gemma.Runtime.Models.Architecture;

namespace Gemma.Conversion.Heads;

/// <summary>
/// What a checkpoint becomes with an adapter that brings a classification head: the classifier that transformers builds before PEFT puts the adapter over it.
/// </summary>
internal static class AdapterClassifier
{
    /// <summary>The source of a conversion: a checkpoint, with an adapter or without.</summary>
    /// <exception cref="InvalidModelException">The adapter's classification head contradicts the configuration.</exception>
    public static ConversionSource CreateSource(CheckpointReader reader, LoraReader? adapter, GemmaConfig config, string path, ModelFiles? files)
    {
        var whole = adapter is null ? config : Of(config, adapter);
        return new ConversionSource(adapter ?? reader, whole, path, files) { ChangesConfig = !ReferenceEquals(whole, config) };
    }

    /// <summary>The configuration of the whole.</summary>
    /// <param name="config">The checkpoint's.</param>
    /// <param name="adapter">The checkpoint with the adapter.</param>
    /// <returns>The checkpoint's own where the adapter brings no head, or where it is that of such a classifier already.</returns>
    /// <exception cref="InvalidModelException">The labels and the kind of problem contradict each other.</exception>
    public static GemmaConfig Of(GemmaConfig config, LoraReader adapter)
    {
        if (adapter.HeadRows is not { } rows) return config;
        var architecture = adapter.ReadsTokens ? GemmaArchitecture.TokenClassification : GemmaArchitecture.SequenceClassification;
        if (config.Architecture == architecture && config.Labels.Count == rows) return config;
        var root = (JsonObject)JsonNode.Parse(config.Json.Span)!;
        root["architectures"] = new JsonArray(config.Family.ClassPrefixes[^1] + "For" + architecture);
        if ((root["id2label"] as JsonObject)?.Count != rows)
        {
            foreach (var key in (string[])["label2id", "num_labels"]) root.Remove(key);
            root["id2label"] = new JsonObject(Enumerable.Range(0, rows).Select(i => i.ToString(CultureInfo.InvariantCulture))
                .Select(i => KeyValuePair.Create(i, (JsonNode?)$"LABEL_{i}")));
        }

        return GemmaConfig.Parse("config.json", Encoding.UTF8.GetBytes(root.ToJsonString()));
    }
}
