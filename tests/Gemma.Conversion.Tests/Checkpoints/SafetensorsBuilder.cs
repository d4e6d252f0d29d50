using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Writes small safetensors files of binary32 numbers.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly List<(string Name, int[] Shape, float[] Values)> _tensors = [];

    public SafetensorsBuilder Add(string name, float[] values, params int[] shape)
    {
        _tensors.Add((name, shape, values));
        return this;
    }

    public void Write(string path)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            var offset = 0;
            foreach (var (name, shape, values) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                WriteNumbers(json, "shape", shape);
                WriteNumbers(json, "data_offsets", offset, offset += values.Length * sizeof(float));
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        using var file = File.Create(path);
        file.Write(BitConverter.GetBytes(header.Length));
        file.Write(header.ToArray());
        foreach (var (_, _, values) in _tensors) file.Write(MemoryMarshal.AsBytes<float>(values));
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, params int[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
