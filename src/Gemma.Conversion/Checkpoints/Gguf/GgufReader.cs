using Gemma.Conversion.Checkpoints.Tensors;

namespace Gemma.Conversion.Checkpoints.Gguf;

/// <summary>The weights of a GGUF model under transformers' names. Owns the files.</summary>
internal sealed class GgufReader : CheckpointReader
{
    public const string FormatName = "gguf";

    private readonly GgufShards _shards;
    private readonly Dictionary<string, StoredTensor> _stored;
    private readonly Dictionary<string, TensorInfo> _tensors;

    public GgufReader(GgufShards shards, Dictionary<string, StoredTensor> stored)
    {
        (_shards, _stored) = (shards, stored);
        _tensors = stored.ToDictionary(pair => pair.Key,
            pair => new TensorInfo(pair.Key, pair.Value.DataType, pair.Value.Shape) { BlockType = (pair.Value as BlockTensor)?.Type }, StringComparer.Ordinal);
    }

    public override string Format => FormatName;

    internal override bool KeepsPrecision => true;

    public override string Path => _shards.Metadata.Path;

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    internal override IReadOnlyList<string> Files => _shards.Paths;

    public override void ReadRaw(string name, long start, Span<byte> destination) => _stored[name].ReadRaw(start, destination);

    public override void Read(string name, long start, Span<float> destination) => _stored[name].Read(start, destination);

    internal override BlockTensor? FindBlocks(string name) => _stored.GetValueOrDefault(name) as BlockTensor;

    protected override void Dispose(bool disposing) => _shards.Dispose();
}
