using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints.Safetensors;

/// <summary>Opens a safetensors file.</summary>
internal static class SafetensorsFile
{
    /// <exception cref="InvalidModelException">The file is missing, malformed or cut off.</exception>
    public static TensorArchive Open(string path)
    {
        var file = CheckpointFile.Open(path);
        try
        {
            var header = SafetensorsHeader.Read(path, file.Length, file.Read, "download it again");
            var archive = new TensorArchive();
            foreach (var (key, text) in header.Metadata) archive.Metadata[key] = text;
            foreach (var tensor in header.Tensors)
            {
                archive.Tensors.Add(tensor.Name,
                    StridedTensor.Contiguous(new FileRegion(file, tensor.Start, tensor.Length), DataType(tensor.Type), [.. tensor.Shape]));
            }

            archive.Files.Add(file);
            return archive;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // The header's types are no others.
    private static TensorDataType DataType(string type) => type switch
    {
        "F32" => TensorDataType.Float32,
        "F16" => TensorDataType.Float16,
        "BF16" => TensorDataType.BFloat16,
        "F64" => TensorDataType.Float64,
        "I8" => TensorDataType.Int8,
        "U8" => TensorDataType.UInt8,
        "I16" => TensorDataType.Int16,
        "I32" => TensorDataType.Int32,
        "I64" => TensorDataType.Int64,
        "BOOL" => TensorDataType.Bool,
        "U16" => TensorDataType.UInt16,
        "U32" => TensorDataType.UInt32,
        "U64" => TensorDataType.UInt64,
        "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => TensorDataType.Float8,
        _ => TensorDataType.Complex64,
    };
}
