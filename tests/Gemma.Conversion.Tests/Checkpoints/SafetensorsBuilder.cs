using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gemma.Conversion.Tests.Checkpoints;

/// <summary>Writes small safetensors files, of binary32 numbers unless another type's bytes are given.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly List<(string Name, string Type, int[] Shape, byte[] Data)> _tensors = [];

    public SafetensorsBuilder Add(string name, float[] values, params int[] shape) => Add(name, "F32", MemoryMarshal.AsBytes<float>(values).ToArray(), shape);

    public SafetensorsBuilder Add(string name, string type, byte[] data, params int[] shape)
    {
        _tensors.Add((name, type, shape, data));
        return this;
    }

    public void Write(string path)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            var offset = 0;
            foreach (var (name, type, shape, data) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                WriteNumbers(json, "shape", shape);
                WriteNumbers(json, "data_offsets", offset, offset += data.Length);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        using var file = File.Create(path);
        file.Write(BitConverter.GetBytes(header.Length));
        file.Write(header.ToArray());
        foreach (var (_, _, _, data) in _tensors) file.Write(data);
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, params int[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
