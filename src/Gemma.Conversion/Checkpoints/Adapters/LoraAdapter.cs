using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Adapters;

/// <summary>A LoRA adapter: its matrices by module, checked against each other.</summary>
internal sealed class LoraAdapter : IDisposable
{
    private const string Prefix = "base_model.model.";
    private const long MaxElements = 1 << 28;

    private static readonly string[] WeightFiles = ["adapter_model.safetensors", "adapter_model.bin"];

    private readonly IDisposable _files;

    /// <param name="folder">Where the adapter is, for messages.</param>
    /// <param name="files">The open files, which it owns.</param>
    public LoraAdapter(string folder, IDisposable files) => (Folder, _files) = (folder, files);

    /// <summary>Where the adapter is.</summary>
    public string Folder { get; }

    /// <summary>The text family of the models it belongs to, or null if it does not say.</summary>
    public string? Family { get; init; }

    /// <summary>What is added to each module's weight, by the module's path.</summary>
    public Dictionary<string, LoraDelta> Deltas { get; } = new(StringComparer.Ordinal);

    /// <summary>The tensors of a classification head that was trained beside it, by their names in a classifier's checkpoint; empty if there is none.</summary>
    public Dictionary<string, StoredTensor> Head { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether that head labels tokens, not texts.</summary>
    public bool ReadsTokens { get; init; }

    /// <summary>The adapter's stored checksums.</summary>
    public IReadOnlyList<StoredChecksum> Checksums { get; init; } = [];

    /// <summary>Opens an adapter: a folder as PEFT saves it, or a GGUF file.</summary>
    /// <exception cref="InvalidModelException">The folder or a file is missing or malformed, or the adapter cannot be merged.</exception>
    public static LoraAdapter Open(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(folder)) return GgufAdapter.Open(folder);
        if (!Directory.Exists(folder)) throw new InvalidModelException(folder, null, "the adapter's folder does not exist");
        var config = LoraConfig.Load(Path.Combine(folder, LoraConfig.FileName));
        var weights = WeightFiles.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidModelException(folder, null, "the folder holds no adapter weights (adapter_model.safetensors)");
        var archive = CheckpointFiles.Of(weights).OpenFile(weights);
        var adapter = new LoraAdapter(folder, archive) { Checksums = archive.Checksums, ReadsTokens = config.ReadsTokens };
        try
        {
            List<(string Name, StoredTensor Tensor)> matrices = [];
            foreach (var (key, tensor) in archive.Tensors)
            {
                if (!config.MayHaveHead || !key.StartsWith(Prefix, StringComparison.Ordinal) || LoraHead.Parse(key[Prefix.Length..]) is not { } name)
                    matrices.Add((key, tensor));
                else if (name.Length > 0 && !adapter.Head.TryAdd(name, tensor))
                    throw new InvalidModelException(weights, key, "the head is there twice; save one adapter");
            }

            LoraHead.Check(weights, config, adapter.Head);
            adapter.Pair(
                weights,
                matrices.Select(matrix => (matrix.Name, Parse(weights, matrix.Name), matrix.Tensor)),
                (module, rank) => rank == config.Rank || config.HasRankPattern
                    ? config.Scale(module, rank)
                    : throw new InvalidModelException(weights, module, $"the rank is {rank}, but {LoraConfig.FileName} says {config.Rank}"));
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    public void Dispose() => _files.Dispose();

    /// <summary>Pairs the matrices A and B of each module.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="tensors">Its tensors with what their names say.</param>
    /// <param name="scale">The factor of a module's product, by its rank.</param>
    /// <exception cref="InvalidModelException">A matrix is missing, or two do not fit.</exception>
    public void Pair(string path, IEnumerable<(string Name, (string Module, bool IsA) Place, StoredTensor Tensor)> tensors, Func<string, int, float> scale)
    {
        Dictionary<string, (StoredTensor? A, StoredTensor? B)> pairs = new(StringComparer.Ordinal);
        foreach (var (name, (module, isA), tensor) in tensors)
        {
            var pair = pairs.GetValueOrDefault(module);
            if ((isA ? pair.A : pair.B) is not null) throw new InvalidModelException(path, name, "the module has several adapters; save one");
            if (tensor.Shape.Count != 2
                || tensor.DataType is not (TensorDataType.Float32 or TensorDataType.Float16 or TensorDataType.BFloat16)
                || tensor.Shape[0] * tensor.Shape[1] is <= 0 or > MaxElements)
            {
                throw new InvalidModelException(path, name,
                    $"a matrix of floating-point numbers is expected, not {tensor.DataType} [{string.Join(", ", tensor.Shape)}]");
            }
            pairs[module] = isA ? (tensor, pair.B) : (pair.A, tensor);
        }

        foreach (var (module, (a, b)) in pairs)
        {
            if (a is null || b is null)
                throw new InvalidModelException(path, module, $"matrix {(a is null ? 'A' : 'B')} is missing; the adapter is incomplete");
            var rank = a.Shape[0];
            if (b.Shape[1] != rank) throw new InvalidModelException(path, module, $"A has {rank} rows, but B has {b.Shape[1]} columns");
            Deltas.Add(module, new LoraDelta(a, b, scale(module, (int)rank)));
        }

        if (Deltas.Count == 0 && Head.Count == 0) throw new InvalidModelException(path, null, "the adapter changes nothing");
    }

    // Names are base_model.model.<module>.lora_A.weight, in older files with the adapter's name before "weight".
    private static (string Module, bool IsA) Parse(string path, string name)
    {
        var parts = name.Split('.');
        var at = Array.FindIndex(parts, part => part.StartsWith("lora_", StringComparison.Ordinal));
        if (!name.StartsWith(Prefix, StringComparison.Ordinal)
            || at < 0
            || parts[^1] != "weight"
            || parts.Length - at > 3
            || parts[at] is not ("lora_A" or "lora_B"))
        {
            throw new InvalidModelException(path, name,
                "the tensor is not a matrix A or B of a linear layer; merge with PEFT (merge_and_unload) and convert the result");
        }
        return (string.Join('.', parts[..at])[Prefix.Length..], parts[at] == "lora_A");
    }
}
