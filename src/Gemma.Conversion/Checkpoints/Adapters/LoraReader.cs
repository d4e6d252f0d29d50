using System.Runtime.InteropServices;
using Gemma.Conversion.Checkpoints.Tensors;
using Gemma.Runtime.Models;

namespace Gemma.Conversion.Checkpoints.Adapters;

/// <summary>A checkpoint with an adapter merged into it while it is read, in binary32. Owns the adapter, not the checkpoint.</summary>
internal sealed class LoraReader : CheckpointReader
{
    // The longest first; the last fits every name.
    private static readonly string[] Prefixes = ["model.language_model.", "language_model.model.", "language_model.", "model.", string.Empty];

    private readonly CheckpointReader _inner;
    private readonly LoraAdapter _adapter;
    private readonly Dictionary<string, LoraDelta> _deltas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors;

    private LoraReader(CheckpointReader inner, LoraAdapter adapter, string? family)
    {
        (_inner, _adapter) = (inner, adapter);
        if (family is not null && adapter.Family is { } wanted && wanted != family)
            throw new InvalidModelException(adapter.Folder, null, $"the adapter belongs to models of type {wanted}, and this one is of type {family}");
        _tensors = new Dictionary<string, TensorInfo>(inner.Tensors, StringComparer.Ordinal);
        foreach (var (name, tensor) in adapter.Head) _tensors[name] = new TensorInfo(name, tensor.DataType, tensor.Shape);
        foreach (var (module, delta) in adapter.Deltas)
        {
            var weight = Find(module);
            if (!weight.Shape.SequenceEqual([delta.B.Shape[0], delta.A.Shape[1]]))
            {
                throw new InvalidModelException(adapter.Folder, module,
                    $"the adapter fits a weight [{delta.B.Shape[0]}, {delta.A.Shape[1]}], but the checkpoint's is [{string.Join(", ", weight.Shape)}]; it "
                        + $"belongs to another model");
            }
            if (!Widening.CanRead(weight.DataType)) throw new InvalidModelException(inner.Path, weight.Name, Widening.Refusal(weight.DataType));
            _deltas.Add(weight.Name, delta);
            _tensors[weight.Name] = weight with { DataType = TensorDataType.Float32, BlockType = null, HadBlocks = weight.BlockType is not null };
        }
    }

    public override string Format => _inner.Format;

    internal override bool KeepsPrecision => _inner.KeepsPrecision;

    public override string Path => _inner.Path;

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>The outputs of the classification head that the adapter brings, or null if it brings none.</summary>
    public int? HeadRows => _adapter.Head.TryGetValue(ScoreFile.Weight, out var weight) ? checked((int)weight.Shape[0]) : null;

    /// <summary>Whether that head labels tokens, not texts.</summary>
    public bool ReadsTokens => _adapter.ReadsTokens;

    /// <summary>Opens an adapter for a checkpoint.</summary>
    /// <param name="folder">The adapter's folder or file.</param>
    /// <param name="checkpoint">The checkpoint's tensors.</param>
    /// <param name="family">The checkpoint's text family, or null if it is not to be compared.</param>
    /// <exception cref="InvalidModelException">The adapter is missing or malformed, cannot be merged, or belongs to another model.</exception>
    public static LoraReader Open(string folder, CheckpointReader checkpoint, string? family = null)
    {
        var adapter = LoraAdapter.Open(folder);
        try
        {
            return new LoraReader(checkpoint, adapter, family);
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    public override void ReadRaw(string name, long start, Span<byte> destination)
    {
        if (_adapter.Head.TryGetValue(name, out var saved)) saved.ReadRaw(start, destination);
        else if (_deltas.ContainsKey(name)) Read(name, start, MemoryMarshal.Cast<byte, float>(destination));
        else _inner.ReadRaw(name, start, destination);
    }

    public override void Read(string name, long start, Span<float> destination)
    {
        if (_adapter.Head.TryGetValue(name, out var saved))
        {
            saved.Read(start, destination);
            return;
        }

        _inner.Read(name, start, destination);
        if (_deltas.TryGetValue(name, out var delta)) delta.AddTo(start, destination);
    }

    internal override BlockTensor? FindBlocks(string name) => _deltas.ContainsKey(name) ? null : _inner.FindBlocks(name);

    public override void Verify(CancellationToken cancellationToken)
    {
        _inner.Verify(cancellationToken);
        foreach (var checksum in _adapter.Checksums) checksum.Verify(cancellationToken);
    }

    protected override void Dispose(bool disposing) => _adapter.Dispose();

    // The class that a checkpoint or an adapter was saved from decides what stands before the names. A tied head has no weight of its own.
    private TensorInfo Find(string module)
    {
        var name = module + ".weight";
        if (module.EndsWith("embed_tokens", StringComparison.Ordinal))
        {
            throw new InvalidModelException(_adapter.Folder, module,
                "an adapter of the embedding is not supported; merge with PEFT (merge_and_unload) and convert the result");
        }
        var prefix = Prefixes.First(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        return Prefixes.Prepend(prefix).Select(other => _inner.Tensors.GetValueOrDefault(other + name[prefix.Length..]))
            .FirstOrDefault(found => found is not null)
            ?? throw new InvalidModelException(_adapter.Folder, module, module == "lm_head"
                ? "the head is the embedding in this checkpoint and cannot be changed alone"
                : "the checkpoint has no such weight; the adapter belongs to another model");
    }
}
