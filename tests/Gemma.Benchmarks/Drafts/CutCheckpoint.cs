using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gemma.Benchmarks.Drafts;

/// <summary>A smaller model made of some layers of another one: it drafts for it.</summary>
internal static partial class CutCheckpoint
{
    private const string Weights = "model.safetensors";

    /// <summary>Writes a checkpoint that has only some of another one's layers.</summary>
    /// <param name="source">The checkpoint's folder, with one file of weights.</param>
    /// <param name="target">The folder to write.</param>
    /// <param name="layers">The layers to keep, in their new order.</param>
    public static void Write(string source, string target, params int[] layers)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(source).Where(file => Path.GetFileName(file) != Weights))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        var configPath = Path.Combine(target, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(configPath))!;
        config["num_hidden_layers"] = layers.Length;
        File.WriteAllText(configPath, config.ToJsonString());
        WriteWeights(File.ReadAllBytes(Path.Combine(source, Weights)), Path.Combine(target, Weights), layers);
    }

    // Eight bytes of length, a header in JSON, the tensors.
    private static void WriteWeights(ReadOnlySpan<byte> weights, string path, int[] layers)
    {
        var start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(weights);
        var header = JsonNode.Parse(weights[8..start])!.AsObject();
        using var data = new MemoryStream();
        var kept = new JsonObject();
        foreach (var (name, tensor) in header.Where(entry => entry.Key != "__metadata__"))
        {
            var offsets = tensor!["data_offsets"]!.AsArray();
            var (begin, end) = ((int)offsets[0]!, (int)offsets[1]!);
            foreach (var newName in NewNames(name, layers))
            {
                kept[newName] = new JsonObject
                {
                    ["dtype"] = tensor["dtype"]!.DeepClone(),
                    ["shape"] = tensor["shape"]!.DeepClone(),
                    ["data_offsets"] = new JsonArray(data.Length, data.Length + end - begin),
                };
                data.Write(weights[(start + begin)..(start + end)]);
            }
        }

        var text = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(kept);
        using var file = File.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        file.Write(length);
        file.Write(text);
        data.WriteTo(file);
    }

    private static IEnumerable<string> NewNames(string name, int[] layers)
    {
        if (LayerName().Match(name) is not { Success: true } match) return [name];
        var layer = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        return layers.Index().Where(entry => entry.Item == layer)
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{match.Groups[1].Value}{entry.Index}{match.Groups[3].Value}"));
    }

    [GeneratedRegex(@"^(.*\blayers\.)(\d+)(\..*)$")]
    private static partial Regex LayerName();
}
