using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Torch;

/// <summary>Opens what torch.save wrote: a zip archive (since PyTorch 1.6) or the older sequence of pickles.</summary>
internal static class TorchFile
{
    /// <exception cref="InvalidModelException">The file is malformed, damaged, or holds something other than tensors.</exception>
    public static TensorArchive Open(string path)
    {
        var file = CheckpointFile.Open(path);
        try
        {
            var archive = new TensorArchive();
            if (file.StartsWith("PK"u8)) TorchZip.Read(file, archive);
            else if (file.StartsWith([(byte)PickleOpcode.Protocol])) TorchLegacy.Read(file, archive);
            else throw file.Error(null, "this is not a PyTorch file: it begins neither as a zip archive nor as a pickle");
            archive.Files.Add(file);
            return archive;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds the tensors of a pickle once it is known where their storages are.</summary>
    public static void Add(TensorArchive archive, Dictionary<string, PickleTensor> tensors, Func<PickleStorage, ByteSource> region)
    {
        foreach (var (name, tensor) in tensors)
            archive.Tensors.Add(name, new StridedTensor(region(tensor.Storage), tensor.Storage.DataType, tensor.Offset, tensor.Sizes, tensor.Strides));
    }
}
