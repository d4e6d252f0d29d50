using System.Globalization;
using System.Text.Json;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Embeddings;
using Gemma.Runtime.Models;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>What an embedding model's file says about vectors, written as sentence-transformers would have it.</summary>
/// <param name="shards">The files.</param>
/// <param name="architecture">Their architecture.</param>
internal sealed partial class GgufEmbedder(GgufShards shards, GgufArchitecture architecture)
{
    private const string ConfigFile = "config.json";
    private const int MaxWidth = 1 << 20;

    // The file has no prompts; these are the published ones of the only model of this architecture.
    private static readonly (string Name, string Text)[] Prompts = [("query", "task: search result | query: "), ("document", "title: none | text: ")];

    // The number in a layer's name is its place among the modules.
    private static readonly int[] Layers = [2, 3];

    /// <summary>Whether a tensor is one of the linear layers after pooling.</summary>
    public static bool IsDense(string name) => Array.Exists(Layers, layer => name == TensorName(layer));

    /// <summary>Writes modules, their settings and weights, and prompts; nothing where the model is no embedding model.</summary>
    /// <exception cref="InvalidModelException">The pooling is not supported, or a linear layer is malformed.</exception>
    public void WriteTo(string package, ILogger logger)
    {
        if (!architecture.IsBidirectional) return;
        if (Array.FindAll(Layers, layer => shards.Find(TensorName(layer)) is null) is [var missing])
            throw shards.Metadata.Error(TensorName(missing), "the tensor is missing, although the other linear layer after pooling is there");
        List<(string Type, string Path)> modules = [("Transformer", string.Empty), ("Pooling", "1_Pooling")];
        WriteJson(Path.Combine(Directory.CreateDirectory(Path.Combine(package, "1_Pooling")).FullName, ConfigFile), json => json.WriteBoolean(Pooling(), true));
        foreach (var layer in Layers)
        {
            if (shards.Find(TensorName(layer)) is not { } tensor) continue;
            var name = string.Create(CultureInfo.InvariantCulture, $"{layer}_Dense");
            WriteDense(Directory.CreateDirectory(Path.Combine(package, name)).FullName, tensor);
            modules.Add(("Dense", name));
        }

        if (modules.Count == 2) LogNoDense(logger, shards.Metadata.Path);
        modules.Add(("Normalize", "4_Normalize"));
        using (var stream = File.Create(Path.Combine(package, SentenceModules.FileName)))
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartArray();
            foreach (var (index, (type, path)) in modules.Index())
            {
                json.WriteStartObject();
                json.WriteNumber("idx", index);
                json.WriteString("name", index.ToString(CultureInfo.InvariantCulture));
                json.WriteString("path", path);
                json.WriteString("type", "sentence_transformers.models." + type);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        WriteJson(Path.Combine(package, SentenceModules.ConfigFileName), json =>
        {
            json.WriteStartObject("prompts");
            foreach (var (name, text) in Prompts) json.WriteString(name, text);
            json.WriteEndObject();
            json.WriteNull("default_prompt_name");
        });
    }

    private static string TensorName(int layer) => string.Create(CultureInfo.InvariantCulture, $"dense_{layer}.weight");

    // Numbered as llama.cpp does.
    private string Pooling() => shards.Metadata.Integer(architecture.Key("pooling_type"), 0, int.MaxValue) switch
    {
        null or 1 => "pooling_mode_mean_tokens",
        2 => "pooling_mode_cls_token",
        3 => "pooling_mode_lasttoken",
        var type => throw shards.Metadata.Error(architecture.Key("pooling_type"),
            $"pooling of type {type} is not supported; 1 (mean), 2 (first token) and 3 (last token) are"),
    };

    private void WriteDense(string folder, GgufTensorInfo tensor)
    {
        if (tensor.Shape is not [> 0 and <= MaxWidth and var rows, > 0 and <= MaxWidth and var width] || rows * width > Array.MaxLength)
            throw shards.Metadata.Error(tensor.Name, $"the shape is [{string.Join(", ", tensor.Shape)}]; a matrix is expected");
        var weight = new float[rows * width];
        shards.Open(tensor).Read(0, weight);
        if (!ElementTypes.AreFinite(weight)) throw shards.Metadata.Error(tensor.Name, "a weight is NaN or infinite; the file is damaged");
        ScoreFile.Write(Path.Combine(folder, DenseModule.WeightFile), (int)rows, (int)width, weight, [], DenseModule.TensorName);
        WriteJson(Path.Combine(folder, ConfigFile), json =>
        {
            json.WriteNumber("in_features", width);
            json.WriteNumber("out_features", rows);
            json.WriteBoolean("bias", false);
            json.WriteString("activation_function", "torch.nn.modules.linear.Identity");
        });
    }

    private static void WriteJson(string path, Action<Utf8JsonWriter> write)
    {
        using var stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    }

    [LoggerMessage(1, LogLevel.Warning,
        "{File} lacks the linear layers after pooling (dense_2, dense_3): its vectors are not those of the published embedding model")]
    private static partial void LogNoDense(ILogger logger, string file);
}
