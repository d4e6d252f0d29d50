using Gemma.Conversion.Checkpoints.Gguf;

namespace Gemma.Conversion.Checkpoints.Adapters;

/// <summary>Opens a LoRA adapter in a GGUF file: <c>blk.N.attn_q.weight.lora_a</c> and its like, with one alpha for all.</summary>
internal static class GgufAdapter
{
    private const string AlphaKey = "adapter.lora.alpha";
    private const string TypeKey = "adapter.type";
    private const string InvocationKey = "adapter.alora.invocation_tokens";

    /// <exception cref="InvalidModelException">The file is malformed, no LoRA adapter, or for an architecture that is not supported.</exception>
    public static LoraAdapter Open(string path)
    {
        var shards = GgufShards.Open(path);
        try
        {
            var metadata = shards.Metadata;
            var architecture = GgufArchitecture.Of(metadata, "adapter");
            if (metadata.Text(TypeKey) is not "lora" and var type) throw metadata.Error(TypeKey, $"'{type}' is not supported; 'lora' is");
            if (metadata.Values.GetValueOrDefault(InvocationKey) is not (null or GgufArray { Count: 0 }))
                throw metadata.Error(InvocationKey, "an adapter that only counts after certain tokens (aLoRA) cannot be merged into the weights");
            var alpha = metadata.Number(AlphaKey) ?? throw metadata.Error(AlphaKey, "the key is missing, without which the adapter's strength is unknown");
            var adapter = new LoraAdapter(path, shards) { Family = architecture.ModelType };
            adapter.Pair(path, shards.Tensors.Select(tensor => (tensor.Name, Parse(metadata, architecture, tensor.Name), shards.Open(AsMatrix(tensor)))),
                (_, rank) => (float)(alpha / rank));
            return adapter;
        }
        catch
        {
            shards.Dispose();
            throw;
        }
    }

    // A matrix A of rank 1 is one row, and leading dimensions of 1 are not kept.
    private static GgufTensorInfo AsMatrix(GgufTensorInfo tensor) => tensor.Shape is [var width] ? tensor with { Shape = [1, width] } : tensor;

    private static (string Module, bool IsA) Parse(GgufMetadata metadata, GgufArchitecture architecture, string name)
    {
        const string Weight = ".weight";
        var at = name.LastIndexOf('.');
        var module = at < 0 ? null : GgufLayout.Name(name[..at], architecture);
        if (module is null || !module.EndsWith(Weight, StringComparison.Ordinal) || name[at..] is not (".lora_a" or ".lora_b"))
            throw metadata.Error(name, "the tensor is not a matrix A or B of a linear layer");
        return (module[..^Weight.Length], name[at..] == ".lora_a");
    }
}
