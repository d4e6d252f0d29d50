using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gemma.Cli.Tests.Field;

/// <summary>Changes safetensors files as a case says.</summary>
internal static class CaseTensors
{
    /// <summary>The metadata of files that transformers reads.</summary>
    public static JsonObject Format => new() { ["format"] = "pt" };

    /// <summary>Writes a file.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, CaseTensor> tensors, JsonObject? metadata)
    {
        var header = new JsonObject();
        if (metadata is not null) header["__metadata__"] = metadata;
        var offset = 0L;
        foreach (var (name, tensor) in tensors)
        {
            header[name] = new JsonObject
            {
                ["dtype"] = tensor.Type,
                ["shape"] = new JsonArray([.. tensor.Shape.Select(dimension => (JsonNode)dimension)]),
                ["data_offsets"] = new JsonArray(offset, offset += tensor.Data.Length),
            };
        }

        var head = JsonSerializer.SerializeToUtf8Bytes(header);
        using var file = File.Create(path);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, head.Length);
        file.Write(length);
        file.Write(head);
        foreach (var tensor in tensors.Values) file.Write(tensor.Data);
    }

    /// <summary>Changes one file of a folder.</summary>
    public static void Edit(string folder, JsonElement edit)
    {
        var path = Path.Combine(folder, edit.TryGetProperty("file", out var file) ? file.GetString()! : "model.safetensors");
        var (tensors, metadata) = Read(path);
        File.Delete(path);
        if (edit.TryGetProperty("metadata", out var other)) metadata = JsonNode.Parse(other.GetRawText()) as JsonObject;
        foreach (var step in edit.TryGetProperty("steps", out var steps) ? steps.EnumerateArray() : default) tensors = Apply(tensors, step);
        if (!edit.TryGetProperty("split", out var split))
        {
            Write(path, tensors, metadata ?? Format);
            return;
        }

        var places = new JsonObject();
        foreach (var part in split.EnumerateArray())
        {
            var chosen = tensors.Where(tensor => !places.ContainsKey(tensor.Key) && Regex.IsMatch(tensor.Key, part[1].GetString()!)).ToDictionary();
            Write(Path.Combine(folder, part[0].GetString()!), chosen, (JsonObject?)metadata?.DeepClone() ?? Format);
            foreach (var name in chosen.Keys) places[name] = part[0].GetString();
        }

        if (edit.TryGetProperty("index", out var index))
        {
            File.WriteAllText(Path.Combine(folder, index.GetString()!), new JsonObject
            {
                ["metadata"] = new JsonObject { ["total_size"] = tensors.Values.Sum(tensor => tensor.Data.LongLength) },
                ["weight_map"] = places,
            }.ToJsonString());
        }
    }

    private static (Dictionary<string, CaseTensor> Tensors, JsonObject? Metadata) Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var header = JsonElement.Parse(bytes.AsSpan(8, start - 8));
        Dictionary<string, CaseTensor> tensors = new(StringComparer.Ordinal);
        foreach (var entry in header.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
        {
            var places = entry.Value.GetProperty("data_offsets");
            tensors.Add(entry.Name,
                new CaseTensor(entry.Value.GetProperty("dtype").GetString()!,
                    [.. entry.Value.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt64())],
                    bytes[(start + places[0].GetInt32())..(start + places[1].GetInt32())]));
        }

        return (tensors, header.TryGetProperty("__metadata__", out var metadata) ? (JsonObject)JsonNode.Parse(metadata.GetRawText())! : null);
    }

    private static Dictionary<string, CaseTensor> Apply(Dictionary<string, CaseTensor> tensors, JsonElement step)
    {
        var name = step[1].GetString()!;
        switch (step[0].GetString())
        {
            case "add":
                tensors[name] = CaseTensor.Create(step[2]);
                return tensors;
            case "rows":
                var tensor = tensors[name];
                var row = tensor.Data.Length / (int)tensor.Shape[0];
                tensors[name] = tensor with
                {
                    Shape = [step[2].GetInt64(), .. tensor.Shape[1..]],
                    Data = [.. tensor.Data, .. new byte[(step[2].GetInt32() - (int)tensor.Shape[0]) * row]],
                };
                return tensors;
            case "replace":
                Dictionary<string, CaseTensor> result = new(StringComparer.Ordinal);
                foreach (var (old, value) in tensors)
                {
                    var match = Regex.Match(old, name);
                    if (!match.Success) result.Add(old, value);
                    else foreach (var part in step[2].EnumerateArray())
                    {
                        result.Add(part.GetProperty("name").GetString()!.Replace("\\1", match.Groups[1].Value, StringComparison.Ordinal),
                            CaseTensor.Create(part, part.TryGetProperty("shape", out var shape)
                                ? [.. shape.EnumerateArray().Select(dimension => Dimension(dimension.GetString()!, value.Shape))]
                                : null));
                    }
                }

                return result;
            default: throw new NotSupportedException($"The cases' step '{step[0]}' is new.");
        }
    }

    // "in/8", "in*out/2", "1": products and whole quotients of a matrix's sizes.
    private static long Dimension(string text, long[] shape)
    {
        var value = 1L;
        foreach (Match part in Regex.Matches(text, @"([*/]?)(\w+)"))
        {
            var number = part.Groups[2].Value switch { "out" => shape[0], "in" => shape[1], var digits => long.Parse(digits, CultureInfo.InvariantCulture) };
            value = part.Groups[1].Value == "/" ? value / number : value * number;
        }

        return value;
    }
}
