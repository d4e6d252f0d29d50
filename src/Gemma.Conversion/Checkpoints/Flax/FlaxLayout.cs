using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Flax;

/// <summary>
/// Names and orientation of transformers' Flax classes: kernels are [in, out], PyTorch's weights [out, in]. Source: transformers 4,
/// <c>modeling_flax_gemma.py</c>.
/// </summary>
internal static class FlaxLayout
{
    private const string Kernel = "kernel";
    private const string Embedding = "embedding";

    /// <summary>Whether the tensors are named as Flax names them.</summary>
    public static bool Matches(TensorArchive archive) =>
        archive.Metadata.GetValueOrDefault("format") == "flax" || archive.Tensors.Keys.Any(name => Parts(name)[^1] is Kernel or Embedding);

    /// <summary>The same tensors under Hugging Face's names.</summary>
    public static Dictionary<string, StoredTensor> Map(string path, TensorArchive archive)
    {
        Dictionary<string, StoredTensor> tensors = new(StringComparer.Ordinal);
        foreach (var (name, tensor) in archive.Tensors)
        {
            var parts = Parts(name);
            var mapped = parts[^1] != Kernel
                ? tensor
                : tensor.Shape.Count == 2 ? tensor.Permute(1, 0) : throw new InvalidModelException(path, name, "a kernel is a matrix");
            if (parts[^1] is Kernel or Embedding) parts[^1] = "weight";
            if (!tensors.TryAdd(string.Join('.', parts), mapped)) throw new InvalidModelException(path, name, "the name occurs twice");
        }

        return tensors;
    }

    private static string[] Parts(string name) => name.Split('/', '.');
}
